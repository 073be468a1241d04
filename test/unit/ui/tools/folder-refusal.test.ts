import { expect, test } from 'vitest';
import { folderRefusal } from '../../../../src/ui/tools/folder-refusal.ts';

test('a tool says why it has nothing to look into', () => {
  expect(folderRefusal({ all: 0, onDisk: 0 })).toMatch(/^No folder is open/);
  expect(folderRefusal({ all: 2, onDisk: 0 })).toContain('a virtual workspace');
  expect(folderRefusal({ all: 2, onDisk: 1 })).toBeUndefined();
});
