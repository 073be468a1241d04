import { examineSecrets } from '../../../src/workspace/files/secret.ts';
import { harmless } from './harmless.ts';
import { holders } from './holders.ts';
import { Values } from './values.ts';

export interface Figures {
  readonly holders: number;
  /** Holders of which a secret could be read. */
  readonly missed: readonly string[];
  /** Holders that are left out as a whole; the others are read with their secrets masked. */
  readonly skipped: number;
  readonly harmless: number;
  /** Harmless files in which something was found. */
  readonly wrong: readonly string[];
}

/** What the rules do with both sets, made from a seed. */
export function figuresOf(seed: number): Figures {
  const missed: string[] = [];
  let skipped = 0;
  const all = holders(new Values(seed));
  for (const { name, path, text, secrets } of all) {
    const examined = examineSecrets(path, text);
    if (examined.kind === 'secret') skipped++;
    const read = { clean: text, masked: examined.kind === 'masked' ? examined.text : '', secret: '' }[examined.kind];
    if (secrets.length === 0 || secrets.some((secret) => read.includes(secret))) missed.push(name);
  }
  const others = harmless(new Values(seed));
  const wrong = others.filter(({ path, text }) => examineSecrets(path, text).kind !== 'clean').map(({ name }) => name);
  return { holders: all.length, missed, skipped, harmless: others.length, wrong };
}
