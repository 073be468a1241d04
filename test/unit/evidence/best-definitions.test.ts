import { expect, test } from 'vitest';
import { bestDefinitions } from '../../../src/evidence/best-definitions.ts';
import { Corpus } from '../../../src/evidence/corpus.ts';
import { weightsOf } from '../../../src/evidence/term-weights.ts';
import { questionTerms } from '../../../src/memory/search/tokenize.ts';
import { indexed } from '../answer/support.ts';
import { withFolder } from '../memory/support.ts';

/** Names of the definitions of these files, in the order of what they say. */
function best(files: Readonly<Record<string, string>>, question: string, paths = Object.keys(files)) {
  return withFolder(async (folder) => {
    const { index } = await indexed(folder, { ...files, 'other.txt': 'Nothing of that.' });
    const corpus = new Corpus({ index, prefix: '' });
    const found = await bestDefinitions(corpus, weightsOf(corpus, questionTerms(question)), paths);
    index.close();
    return found.map(({ name }) => name);
  });
}

const STEPS = Array.from({ length: 40 }, (_, at) => `    step${at}()`).join('\n');

test('a name counts by the forms of its parts, and less the more it says besides', async () => {
  const files = {
    'icon.py': `def create_many_other_pictures():\n    pass\n\n\ndef create():\n    pass\n\n\ndef draw():\n    pass\n`,
  };
  expect(await best(files, 'How does the creation of icons work?')).toEqual(['create', 'create_many_other_pictures']);
});

test('what is said inside of a method is not said by its class, and what is said once in a few lines counts more', async () => {
  const files = {
    'desk.py': `class Desk:\n    """Lends."""\n\n    def close(self):\n        lamp.dim()\n        door.lock()\n        key.hide()\n        cat.feed()\n\n    def open(self):\n        lamp.dim()\n${STEPS.replaceAll('    ', '        ')}\n`,
  };
  expect(await best(files, 'When is the lamp dimmed?')).toEqual(['close', 'open']);
});

test('a file that is ranked later keeps less, texts and examples define nothing', async () => {
  const text = 'export function ring(): void {\n  bell.ring();\n}\n';
  const files = {
    'src/late.ts': text.replaceAll('ring', 'late') + '// bell\n',
    'src/a.ts': text,
    'examples/a.ts': text,
    'docs/a.md': text,
    'src/b.ts': text.replace('ring()', 'rings()'),
  };
  const paths = ['src/b.ts', 'docs/a.md', 'examples/a.ts', 'src/a.ts'];
  expect(await best(files, 'Who rings the bell?', paths)).toEqual(['rings', 'ring']);
});
