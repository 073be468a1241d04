import { openMemory } from 'ask-codebase';

// node examples/library/where.js FOLDER QUESTION: the files that a question means, as a program uses them.
const [root = '.', question = 'Where does it begin?'] = process.argv.slice(2);

const memory = await openMemory({ root, device: 'cpu' });
try {
  // Without this, a question is answered from what is indexed so far, and says so.
  await memory.ready();
  const { files, coverage } = await memory.search({ question, kind: 'source', tokens: 2_000 });
  for (const { path, share, excerpts } of files.slice(0, 3)) {
    console.log(`${(100 * share).toFixed(1)} %  ${path}`);
    for (const { start, end } of excerpts) console.log(`        lines ${start} to ${end}`);
  }
  console.log(coverage.message);
} finally {
  await memory.close();
}
