import { execFileSync } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mcpArguments } from '../../src/ui/tools/mcp-arguments.ts';
import { CLI, cli, LIBRARY, MODELS, place, temporary } from './cli.ts';
import { Host } from './service-host.ts';

const QUESTION = 'How many days may a reader keep a book before a late fee is due?';

interface Opened {
  readonly client: Client;
  readonly pid: number;
  readonly said: () => string;
}

/** The server as an agent starts it. */
async function open(home: string, ...roots: readonly string[]): Promise<Opened> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [CLI, 'mcp', '--device', 'cpu', ...roots.flatMap((root) => ['--repo', root])],
    env: { PATH: process.env.PATH ?? '', ASK_CODEBASE_HOME: home, ASK_CODEBASE_MODELS: MODELS },
    stderr: 'pipe',
  });
  let said = '';
  transport.stderr?.on('data', (data: Buffer) => (said += data.toString()));
  const client = new Client({ name: 'agent', version: '1' });
  await client.connect(transport);
  return { client, pid: transport.pid ?? 0, said: () => said };
}

async function call(client: Client, name: string, input: Record<string, unknown> = {}): Promise<string> {
  const { content } = await client.callTool({ name, arguments: input }, undefined, { timeout: 120_000 });
  return (content as { text: string }[]).map(({ text }) => text).join('');
}

function git(repo: string, ...args: readonly string[]): void {
  execFileSync('git', ['-C', repo, '-c', 'user.name=T', '-c', 'user.email=t@example.org', ...args], {
    stdio: 'ignore',
  });
}

/** Processes whose command line names this folder. */
function running(home: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`ASK_CODEBASE_HOME=${home}`);
    } catch {
      return false;
    }
  });
}

describe('the memory over MCP, with the real model', () => {
  const home = temporary('home');
  const repo = place(temporary('library'), LIBRARY);
  let agent: Opened;

  beforeAll(async () => {
    execFileSync('git', ['-C', repo, 'init', '--quiet']);
    agent = await open(home, repo);
  });
  afterAll(() => agent.client.close());

  it('answers a real client with ranked lines', async () => {
    const text = await call(agent.client, 'search_codebase', { question: QUESTION, tokens: 600 });
    expect(text).toMatch(/% src\/loans\.ts:/);
    expect(text).toContain('2\tconst LOAN_DAYS = 21;');
    expect(text).toContain('Searched: 4 indexed files.');
  });

  it('serves two clients at once beside the command line', async () => {
    const other = await open(home, repo);
    const [one, two, asked] = await Promise.all([
      call(agent.client, 'search_codebase', { question: QUESTION }),
      call(other.client, 'search_codebase', { question: QUESTION }),
      cli(['recall', '--repo', repo, '--device', 'cpu', '--json', QUESTION], { home }),
    ]);
    expect(one).toContain('src/loans.ts');
    expect(two).toContain('src/loans.ts');
    expect(asked.code, asked.err).toBe(0);
    await other.client.close();
  });

  it('finds what is saved between two calls', async () => {
    writeFileSync(join(repo, 'src/stamp.ts'), 'export const postageStampColour = "vermilion";\n');
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await call(agent.client, 'find_references', { name: 'postageStampColour' })).toContain('src/stamp.ts');
  });

  it('answers a question of 10,000 characters', async () => {
    const question = `${QUESTION} ${'It was asked many times before. '.repeat(320)}`;
    expect(await call(agent.client, 'search_codebase', { question })).toContain('src/loans.ts');
  });

  it('goes on after a call that was cancelled', async () => {
    const stop = new AbortController();
    const asked = { name: 'search_codebase', arguments: { question: QUESTION } };
    const cancelled = agent.client.callTool(asked, undefined, { signal: stop.signal });
    stop.abort('no longer wanted');
    await expect(cancelled).rejects.toThrow('no longer wanted');
    expect(await call(agent.client, 'read_lines', { path: 'src/loans.ts', start: 2, end: 2 })).toContain('LOAN_DAYS');
  });

  it('writes nothing but the protocol, and leaves no process when its client goes', async () => {
    const other = temporary('home');
    const gone = await open(other, repo);
    await call(gone.client, 'search_codebase', { question: QUESTION });
    expect(gone.said()).toBe('');
    expect(running(other).length).toBeGreaterThan(0);
    // As a client does that crashes: no farewell, its pipes close.
    process.kill(gone.pid, 0);
    await gone.client.close();
    await expect.poll(() => running(other), { timeout: 20_000 }).toEqual([]);
  });

  it('says in a sentence what is wrong with its folder', async () => {
    const ran = await cli(['mcp', '--repo', join(repo, 'no-such-folder')], { home });
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toContain('There is no folder');
  });
});

it('the entry that init writes starts the server', async () => {
  const home = temporary('home');
  const repo = place(temporary('library'), LIBRARY);
  const ran = await cli(['init', 'claude', '--repo', repo, '--write'], { home });
  expect(ran.code, ran.err).toBe(0);
  const { mcpServers } = JSON.parse(readFileSync(join(repo, '.mcp.json'), 'utf8')) as {
    mcpServers: Record<string, { command: string; args: string[] }>;
  };
  const { command = '', args = [] } = mcpServers['ask-codebase'] ?? {};
  const env = { PATH: process.env.PATH ?? '', ASK_CODEBASE_HOME: home, ASK_CODEBASE_MODELS: MODELS };
  const client = new Client({ name: 'agent', version: '1' });
  await client.connect(new StdioClientTransport({ command, args, env }));
  expect(await call(client, 'find_references', { name: 'lateFee' })).toContain('src/loans.ts (definition)');
  await client.close();
});

it('the server that the editor starts returns nothing that the editor leaves out', async () => {
  const home = temporary('home');
  const repo = place(temporary('library'), { ...LIBRARY, 'src/-plan.ts': 'export const postageStampColour = 1;\n' });
  git(repo, 'init', '--quiet');
  git(repo, 'add', '.');
  git(repo, 'commit', '--quiet', '-m', 'All');
  appendFileSync(join(repo, 'src/loans.ts'), '// LOAN_DAYS\n');
  const settings = { device: 'cpu', threads: 1, exclude: ['loans.ts', '-plan.ts'], secretExceptions: [] } as const;
  const args = mcpArguments(CLI, [repo], settings);
  const env = { PATH: process.env.PATH ?? '', ASK_CODEBASE_HOME: home, ASK_CODEBASE_MODELS: MODELS };
  const client = new Client({ name: 'agent', version: '1' });
  await client.connect(new StdioClientTransport({ command: process.execPath, args, env }));
  // A call does not wait for long: on a busy machine the first comes before the files.
  const known = () => call(client, 'find_references', { name: 'searchCatalogue' });
  await expect.poll(known, { timeout: 60_000 }).toContain('src/catalogue.ts');
  expect(await call(client, 'find_references', { name: 'lateFee' })).not.toContain('src/loans.ts');
  expect(await call(client, 'find_references', { name: 'postageStampColour' })).not.toContain('-plan.ts:');
  expect(await call(client, 'read_lines', { path: 'src/loans.ts' })).not.toContain('LOAN_DAYS');
  const changed = await call(client, 'what_changed');
  expect(changed).toContain('Not shown, because it is not indexed (excluded, binary, generated …): src/loans.ts');
  expect(changed).not.toContain('LOAN_DAYS');
  await client.close();
});

it('two agents are answered beside an editor that saves into the same index, and all see what was saved', async () => {
  const home = temporary('home');
  const repo = place(temporary('library'), LIBRARY);
  execFileSync('git', ['-C', repo, 'init', '--quiet']);
  const editor = new Host(home);
  await editor.client.folders([{ root: repo, name: 'library' }]);
  await editor.until(repo, 'ready');
  const agents = await Promise.all([open(home, repo), open(home, repo)]);
  const all = (name: string, input: Record<string, unknown>) =>
    Promise.all(agents.map(({ client }) => call(client, name, input)));
  let before = 'nothingSavedYet';
  for (const colour of ['vermilion', 'ochre', 'teal']) {
    const name = `${colour}PostageStamp`;
    writeFileSync(join(repo, 'src/stamp.ts'), `export const ${name} = "${colour}";\n`);
    const [found] = await Promise.all([
      all('search_codebase', { question: QUESTION }),
      editor.client.refresh(repo, ['src/stamp.ts']),
    ]);
    for (const text of found) expect(text).toContain('src/loans.ts');
    for (const text of await all('find_references', { name })) expect(text).toContain('src/stamp.ts');
    for (const text of await all('find_references', { name: before })) expect(text).not.toContain('src/stamp.ts');
    expect(await editor.first(`Where is ${name}?`)).toBe('src/stamp.ts');
    before = name;
  }
  const [one, two] = agents;
  await one.client.close();
  expect(await call(two.client, 'read_lines', { path: 'src/stamp.ts' })).toContain('teal');
  await two.client.close();
  await editor.client.close();
  const verified = await cli(['verify', '--repo', repo, '--device', 'cpu'], { home });
  expect(verified.code, verified.out + verified.err).toBe(0);
});
