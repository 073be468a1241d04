import { describe, expect, it } from 'vitest';

import { IDENTITY, put } from '../../unit/memory/support.ts';
import { blobOf, holding, inHouse, keyOf, mark, SECRET, secret, WORDS } from './support.ts';

describe('forgetting a file that is indexed and not embedded', () => {
  it('removes and names what is left of it elsewhere', () =>
    inHouse(async ({ home, open, there }) => {
      const copy = open('copy', { repository: there, checkout: there });
      put(copy, secret());
      copy.drop([SECRET]);
      const waiting = open('waiting', { repository: 'waiting', checkout: there });
      const file = secret();
      waiting.putWords(SECRET, { ...file.meta, blobHash: 'more beside it' }, [
        { ...file.segments[0]!, terms: ['few'] },
      ]);
      const now = open('repository');
      now.putWords(SECRET, file.meta, file.segments);
      const { certificate } = await now.forget([SECRET], { home, mark });
      expect(certificate.elsewhere.cleared).toEqual([{ place: copy.location, files: 0, records: 1 }]);
      expect(holding(home, blobOf(file))).toEqual([]);
      expect(certificate.elsewhere.left).toEqual([
        { why: 'same', place: waiting.location, checkout: there, path: SECRET, folder: 'there' },
      ]);
    }));

  it('searches once more where another window has indexed the file anew meanwhile, embedded or not', () =>
    inHouse(async ({ home, open, there }) => {
      const newer = secret(SECRET, IDENTITY.adapter, [...WORDS.slice(4), 'later']);
      const copy = open('copy', { repository: there, checkout: there });
      put(copy, newer);
      copy.drop([SECRET]);
      const [now, window] = [open('repository'), open('repository')];
      now.putWords(SECRET, secret().meta, secret().segments);
      const forgetting = now.forget([SECRET], { home, mark });
      window.putWords(SECRET, newer.meta, newer.segments);
      const { certificate } = await forgetting;
      expect(certificate.elsewhere.cleared).toEqual([{ place: copy.location, files: 0, records: 1 }]);
      expect(holding(home, blobOf(newer), keyOf(newer), 'later')).toEqual([]);
    }));
});
