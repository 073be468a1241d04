import { describe, expect, it } from 'vitest';
import { isGenerated } from '../../../../src/workspace/files/generated.ts';
import { generated } from '../generated-headers.ts';
import { handWritten } from '../hand-written-headers.ts';

describe('a generator’s mark', () => {
  it.each(generated)('%s: %s', (path, text) => {
    expect(isGenerated(path, text)).toBe(true);
  });
});

describe('no mark', () => {
  it.each(handWritten)('%s: %s', (path, text) => {
    expect(isGenerated(path, text)).toBe(false);
  });
});
