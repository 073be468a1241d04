import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { ggufBytes, madeModel } from '../support/made-gguf.ts';
import { chatServer, models as served, stream } from '../unit/answer-model/chat-server.ts';
import { cli, LIBRARY, place, temporary } from './cli.ts';

const QUESTION = 'How many books may a reader have?';

let home = '';
let repo = '';
let gguf = '';
beforeAll(() => {
  home = temporary('models-home');
  repo = place(temporary('models-repo'), { 'src/loans.ts': LIBRARY['src/loans.ts'] });
  gguf = join(temporary('models-file'), 'tiny.gguf');
  writeFileSync(gguf, ggufBytes(madeModel('qwen2')));
});

const models = (...args: string[]) => cli(['models', ...args], { home });
const ask = (...args: string[]) =>
  cli(['ask', '--repo', repo, '--device', 'cpu', '--max-tokens', '12', ...args, QUESTION], { home });

async function chosen(): Promise<string | undefined> {
  const { out } = await models('list', '--json');
  const listed = JSON.parse(out) as { models: { name: string; isChosen: boolean }[] };
  return listed.models.find(({ isChosen }) => isChosen)?.name;
}

describe('models in the terminal', () => {
  it('the built-in one answers, and says once that there are larger ones', async () => {
    const first = await ask();
    expect(first.code, first.err).toBe(0);
    expect(first.err).toContain('A larger model says more: `ask-codebase models add qwen2.5-coder-1.5b`');
    expect((await ask()).err).not.toContain('A larger model');
    expect(await chosen()).toBe('built-in');
  });

  it('nobody is taken to have agreed', async () => {
    const ran = await models('add', gguf);
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toContain('Nobody can be asked here. Add --yes to agree.');
    expect(existsSync(join(home, 'models/tiny'))).toBe(false);
  });

  it('one that is added answers from then on, and is gone when it is removed', async () => {
    const ran = await models('add', gguf, '--yes');
    expect(ran.code, ran.err).toBe(0);
    expect(ran.err).toContain('Mind its license');
    expect(await chosen()).toBe('tiny');
    const answered = await ask();
    expect(answered.out).toContain('Answered by Made Up on this machine');
    expect((await ask('--model', 'built-in')).out).not.toContain('Answered by Made Up');
    await models('use', 'built-in');
    expect((await ask()).out).not.toContain('Answered by Made Up');
    expect((await ask('--model', 'tiny')).out).toContain('Answered by Made Up');
    expect((await models('remove', 'tiny', '--yes')).code).toBe(0);
    const gone = await ask('--model', 'tiny');
    expect(gone.code).toBe(2);
    expect(gone.err).toContain('There is no model "tiny" on this machine. `models list` says which there are.');
  });

  it('one that is damaged says so, and the memory answers on', async () => {
    await models('add', gguf, '--yes');
    truncateSync(join(home, 'models/tiny/body-00.bin'), 100);
    const ran = await ask();
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/A file of Made Up is missing or is not what it was\. Remove the model and add it again/);
    expect((await ask('--model', 'built-in')).code).toBe(0);
    await models('remove', 'tiny', '--yes');
  });

  it('of another architecture, or larger than the machine, is refused in a sentence', async () => {
    const other = join(temporary('models-other'), 'gemma.gguf');
    writeFileSync(other, ggufBytes(madeModel('qwen2'), { metadata: { 'general.architecture': 'gemma3' } }));
    const refused = await models('add', other, '--yes');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err.trim()).toMatch(/^gemma\.gguf is of the architecture gemma3; [^\n]*stays in use\.$/);
    await models('add', gguf, '--yes');
    const file = join(home, 'models/tiny/manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { files: Record<string, unknown> };
    manifest.files['more.bin'] = { bytes: 1e15, sha256: '' };
    writeFileSync(file, JSON.stringify(manifest));
    const large = await ask();
    expect(large.code).toBe(1);
    expect(large.err).toMatch(
      /Made Up is not loaded\. It needs about [\d,]+ TB of memory; [^\n]*choose a smaller model/,
    );
    await models('remove', 'tiny', '--yes');
  });

  it('of a server that vanishes in mid-answer is told in a sentence, and stays the one in use', async () => {
    const routes = { '/v1/models': served('m'), '/v1/chat/completions': stream(['Five ', 'books'], 'cut') };
    const server = await chatServer(routes);
    const name = `${server.url}#m`;
    await models('use', name);
    const cut = await ask();
    expect(cut.code).toBe(1);
    expect(cut.err).toContain(`The server at ${server.address} stopped in mid-answer. Ask again.`);
    expect(cut.out).toContain('src/loans.ts');
    server.close();
    const gone = await ask();
    expect(gone.code).toBe(1);
    expect(gone.err).toContain(`No server answers at ${server.address}. Start it and ask again`);
    expect(await chosen()).toBe(name);
    await models('use', 'built-in');
  });

  it('of the editor is not used here', async () => {
    const refused = await models('use', 'editor:copilot/gpt');
    expect(refused.code).toBe(2);
    expect(refused.err.trim()).toMatch(
      /^A model of the editor answers in the editor alone\. Write built-in, [^\n]*\.$/,
    );
    expect(await chosen()).toBe('built-in');
  });

  it('a cut file and an index that is not there leave the model before in use', async () => {
    const cut = join(temporary('models-cut'), 'cut.gguf');
    writeFileSync(cut, readFileSync(gguf).subarray(0, 50_000));
    const refused = await models('add', cut, '--yes');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err.trim()).toMatch(/^The model file cut\.gguf is cut short[^\n]*stays in use\.$/);
    vi.stubEnv('ASK_CODEBASE_MODEL_INDEX', 'http://127.0.0.1:9/simple');
    const failed = await models('add', 'qwen2.5-coder-1.5b', '--yes');
    vi.unstubAllEnvs();
    expect(failed.code).toBe(1);
    expect(failed.err).toMatch(/could not be downloaded .*what has come is kept\. The model before stays in use\./);
    expect(await chosen()).toBe('built-in');
  });
});
