import { expect, test } from 'vitest';
import { MultiFolderSearch } from '../../../src/retrieve/multi-folder-search.ts';
import { rankFiles } from '../../../src/retrieve/ranked-files.ts';
import type { RankedFiles } from '../../../src/retrieve/ranked-files.ts';
import { findFor } from '../../eval/found.ts';
import { placesOf } from '../../support/places.ts';
import { withFolder } from '../../unit/memory/support.ts';
import { folderIndexOf } from '../../unit/retrieve/support.ts';

const FILES = {
  'README.md': '# Rope\n\nRope ties ships.\n',
  'package.json': '{"name": "rope", "dependencies": {"knot": "1"}}\n',
  'src/password.ts': 'export const password = (typed: string) => typed.length > 8;\n',
  'src/tie.ts': 'export function tie(ship: string) {\n  return `${ship} is moored`;\n}\n',
  'src/ship.ts': 'export interface Ship {\n  readonly name: string;\n}\n',
};

test.each([
  ['a name', 'Where is tie defined?'],
  ['another language', 'Wo wird das Passwort geprüft?'],
  ['files that are there to answer it', 'How do I install rope?'],
  ['words that a line says', 'which ship is moored'],
])('%s: what is found is ranked as a question is', (_, question) =>
  withFolder(async (folder) => {
    const index = await folderIndexOf(folder, FILES);
    await index.refresh({});
    const { files } = await MultiFolderSearch.of(index).recall(question);
    const places = new Map([...index.ledger.segments()].map((place) => [place.segmentId, place]));
    const sharesOf = (files: RankedFiles['files']) => files.map(({ path, share }) => [path, share.toFixed(9)]);
    const keys = [await index.engine.question(question)];
    for (const found of [await findFor(index, question), await findFor(index, question, keys)]) {
      expect(sharesOf(rankFiles(question, 'fused', found, placesOf(found.shares, places)).files)).toEqual(
        sharesOf(files),
      );
    }
    index.close();
  }),
);
