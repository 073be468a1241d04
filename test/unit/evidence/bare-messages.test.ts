import { expect, test } from 'vitest';
import { evidenceOver, shown } from './support.ts';

const FILES = {
  'src/resolver.php': "<?php\nthrow new RuntimeException(sprintf('Callable %s does not exist', $class));\n",
  'src/job.rb': 'raise(<<~MSG)\n  Job arguments to #{job_class} must be native JSON types.\nMSG\n',
  'src/config.java':
    'class A {\n  LOGGER.warn("{} - maxLifetime is less than {}ms, setting to default {}ms.", name);\n}\n',
  'src/defaults.py': 'RETRY_LIMIT = 3\n',
  'docs/guide.md': 'The retry page of the web interface works.\n',
};

test.each([
  ['Callable MissingClass does not exist', ['message src/resolver.php:2']],
  ['Job arguments to OrderJob must be native JSON types', ['message src/job.rb:2']],
  ['maxLifetime is less than 30000ms, setting to default 1800000ms', ['message src/config.java:2']],
  // Neither is what a program says.
  ['I see that Callable MissingClass does not exist', []],
  ['add that Callable MissingClass does not exist', []],
  ['the page of the web shop does not work', []],
  ['the default retry limit', ['setting src/defaults.py:1']],
])('%s', async (question, items) => {
  expect(shown(await evidenceOver(FILES, question))).toEqual(items);
});
