import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateWorkspace } from '../bench/generated.ts';
import { Chat } from './driver/chat.ts';
import { Code } from './driver/code.ts';
import { LIMITS } from './driver/limits.ts';
import { PROBE } from './driver/places.ts';

/**
 * How long the extension host of a real VS Code is ever busy over 50,000 generated files: while they are walked and
 * read, while a question is answered meanwhile, and while the tree is opened. The host is shared with VS Code's own
 * extensions (Git lists all those files too), so the same is measured first without the extension.
 *
 *     node esbuild.js --quiet && node test/vscode/large.ts [--files 50000]
 */
const { values } = parseArgs({ options: { files: { type: 'string', default: '50000' } } });
const root = mkdtempSync(join(tmpdir(), 'ask-codebase-large-'));
generateWorkspace(root, Number(values.files));

/** Runs the work and gives the longest block of the host in it, in milliseconds. */
async function blockDuring(code: Code, work: () => Promise<unknown>): Promise<number> {
  await longestBlock(code);
  await work();
  return longestBlock(code);
}

let told = 0;
async function longestBlock({ workbench }: Code): Promise<number> {
  await workbench.run('Steering: Tell the Longest Block', LIMITS.workbench);
  told += 1;
  const text = await workbench.statusItem(new RegExp(`block ${told}:`), LIMITS.answer);
  return Number(/: ([\d.]+) ms/.exec(text)?.[1]);
}

const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1_000));
const rows: Record<string, { 'longest block, ms': number }> = {};

async function measure(name: string, code: Code, work: () => Promise<unknown>): Promise<void> {
  rows[name] = { 'longest block, ms': await blockDuring(code, work) };
}

// The driver's own small extension stands in for the one under test.
const without = await Code.start({ folder: root, extension: PROBE });
await measure('without the extension, first 30 s', without, () => seconds(30));
await measure('without the extension, next 30 s', without, () => seconds(30));
await without.stop();

told = 0;
const code = await Code.start({ folder: root, settings: { 'askCodebase.device': 'cpu' } });
try {
  const { workbench } = code;
  await measure('walking and reading, first 30 s', code, () => seconds(30));
  await measure('reading, next 30 s', code, () => seconds(30));
  await workbench.openContainer('Ask Codebase');
  const chat = new Chat(code.view);
  await chat.composer.waitFor();
  const question = 'What does piece number two do?';
  await measure('a question meanwhile', code, async () => {
    await chat.ask(question);
    console.log(`The question was ${await chat.ended(question)}.`);
  });
  await measure('the tree', code, async () => {
    await workbench.run('Ask Codebase: Show Memory');
    await seconds(10);
  });
  console.log(`Status bar: ${(await workbench.status()).join(' | ')}`);
} finally {
  await code.stop();
  rmSync(root, { recursive: true, force: true });
}
console.table(rows);
