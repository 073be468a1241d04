import { expect, test } from 'vitest';
import { evidenceOver, shown } from './support.ts';

test.each([
  [4, true],
  [5, false],
])('of a script, a few lines are shown: %i are all of them: %s', async (count, isComplete) => {
  const files = { 'scripts/test.sh': `#!/bin/sh\n${'npm test\n'.repeat(count)}` };
  const evidence = await evidenceOver(files, 'How do I run the tests?');
  expect(shown(evidence)).toHaveLength(4);
  expect(evidence?.isComplete).toBe(isComplete);
});
