import { chosenModel } from './chosen-model.ts';
import { serverCard } from './server-card.ts';
import type { ServerCard } from './server-card.ts';

/** Where the programs that serve models listen unless they are told otherwise. */
const USUAL = [
  { product: 'llama-server', port: 8_080 },
  { product: 'Ollama', port: 11_434 },
  { product: 'LM Studio', port: 1_234 },
  { product: 'vLLM', port: 8_000 },
] as const;

/** Milliseconds: what listens on this machine answers at once, and somebody waits for the list. */
const PATIENCE = 700;

/** A server on this machine with what it serves. */
export interface FoundServer {
  /** Its product, or `Server` where it does not tell. */
  readonly name: string;
  /** As people know it: `localhost:11434`. */
  readonly address: string;
  readonly models: readonly ServedChoice[];
}

interface ServedChoice {
  readonly id: string;
  /** The line that `chosenModel` reads. */
  readonly choice: string;
  readonly contextTokens: number | undefined;
}

/**
 * The servers that listen on this machine's usual ports, in a second. To be called when somebody opens a list of
 * models, never in the background: nobody wants a program that tries ports by itself.
 *
 * @param ports for tests; those that are usual otherwise
 */
export async function foundServers(
  signal: AbortSignal | undefined,
  ports: readonly number[] = USUAL.map(({ port }) => port),
): Promise<readonly FoundServer[]> {
  const cards = await Promise.all(
    ports.map(async (port) => {
      const address = `localhost:${port}`;
      const card = await serverCard(`http://${address}/v1`, { signal, patience: PATIENCE, isForList: true });
      return card.kind === 'card' && card.models.length > 0 ? [found(address, card)] : [];
    }),
  );
  return cards.flat();
}

function found(address: string, { product, models }: ServerCard): FoundServer {
  const served = models.map(({ id, contextTokens }) => ({ id, choice: `http://${address}#${id}`, contextTokens }));
  return { name: product ?? 'Server', address, models: served.filter(({ choice }) => isReadable(choice)) };
}

/** A name that no setting could hold is of no use to anybody. */
function isReadable(choice: string): boolean {
  try {
    return chosenModel(choice).kind === 'server';
  } catch {
    return false;
  }
}
