import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { describe, expect, it } from 'vitest';
import type { MemoryOptions } from '../../../src/library/memory.ts';
import { toolDefinitions } from '../../../src/library/tool-definitions.ts';
import { toolInputs } from '../../../src/library/tool-inputs.ts';
import type { ToolName } from '../../../src/library/tool-inputs.ts';
import { mcpServer } from '../../../src/mcp/server.ts';
import { withMemory } from '../library/support.ts';

interface Ground {
  readonly client: Client;
  readonly text: (name: string, input?: Record<string, unknown>) => Promise<string>;
  readonly save: (path: string, text: string) => void;
}

async function withClient(
  work: (ground: Ground) => Promise<void>,
  options: Partial<MemoryOptions> = {},
  files?: Readonly<Record<string, string>>,
): Promise<void> {
  await withMemory(
    async ({ memory, save }) => {
      const server = mcpServer(memory, '1.0.0');
      const client = new Client({ name: 'test', version: '1' });
      const [here, there] = InMemoryTransport.createLinkedPair();
      await Promise.all([server.connect(there), client.connect(here)]);
      const text = async (name: string, input: Record<string, unknown> = {}) => {
        const { content } = await client.callTool({ name, arguments: input });
        return (content as { text: string }[]).map((part) => part.text).join('');
      };
      try {
        await work({ client, text, save });
      } finally {
        await client.close();
      }
    },
    options,
    files,
  );
}

describe('the tools over MCP', () => {
  it('are four that only read, each with what it is not for', () =>
    withClient(async ({ client }) => {
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(Object.keys(toolInputs));
      for (const { description, annotations } of tools) {
        expect(description).toMatch(/Do not use it /);
        expect(annotations).toMatchObject({ readOnlyHint: true, openWorldHint: false });
      }
      expect(client.getInstructions()).toContain('search_codebase');
    }));

  it('describe to a model what they take', () => {
    for (const name of Object.keys(toolInputs) as ToolName[]) {
      const { properties, required } = toolDefinitions[name].inputSchema;
      const { entries } = toolInputs[name];
      expect(Object.keys(properties), name).toEqual(Object.keys(entries));
      const needed = Object.entries(entries as Record<string, { readonly type: string }>).filter(
        ([, entry]) => entry.type !== 'optional',
      );
      expect([...required]).toEqual(needed.map(([key]) => key));
    }
  });

  it('answer with lines of files', () =>
    withClient(async ({ text }) => {
      expect(await text('search_codebase', { question: 'Where is a session opened?' })).toContain('src/session.ts:1-3');
      expect(await text('read_lines', { path: 'src/cookie.ts', start: 2, end: 2 })).toContain('2\t  return `session=');
      expect(await text('find_references', { name: 'cookieOf' })).toContain('src/cookie.ts (definition)');
    }));

  it('tell a model of its mistakes as results, without the protocol failing', () =>
    withClient(async ({ client, text }) => {
      const wrong = await client.callTool({ name: 'read_lines', arguments: { path: '/etc/passwd' } });
      expect(wrong.isError).toBe(true);
      expect(await text('read_lines', { path: '/etc/passwd' })).toContain('in none of the folders that may be read');
      expect(await text('what_changed')).toContain('The folder is not in a git work tree.');
      await expect(client.callTool({ name: 'write_file', arguments: {} })).rejects.toThrow('There is no tool');
    }));

  it('end a call that is cancelled, and answer the next', () =>
    withClient(async ({ client, text }) => {
      const stop = new AbortController();
      const call = client.callTool({ name: 'search_codebase', arguments: { question: 'sessions' } }, undefined, {
        signal: stop.signal,
      });
      stop.abort('no longer wanted');
      await expect(call).rejects.toThrow('no longer wanted');
      expect(await text('find_references', { name: 'openSession' })).toContain('stands in 4 lines of 3 files');
    }));
});

describe('the files over MCP', () => {
  it('are resources with their state, and are read as they stand now', () =>
    withClient(async ({ client, save }) => {
      const { resources } = await client.listResources();
      const states = new Map(resources.map(({ name, description }) => [name, description]));
      expect(states.get('src/session.ts')).toMatch(/^Indexed, 3 lines/);
      expect(states.get('dist/app.min.js')).not.toMatch(/^Indexed/);
      const uri = resources.find(({ name }) => name === 'src/cookie.ts')?.uri ?? '';
      save('src/cookie.ts', 'export const now = 2;\n');
      const { contents } = await client.readResource({ uri });
      expect(contents[0]).toMatchObject({ text: 'export const now = 2;\n' });
      for (const other of ['codebase:///../../etc/passwd', 'file:///etc/passwd', 'codebase:///%E0', 'codebase:///'])
        await expect(client.readResource({ uri: other }), other).rejects.toThrow();
    }));

  it('come in pages, each file once, names of any letters', () => {
    const names = Array.from({ length: 450 }, (_, n) => `src/größe ${n}%.ts`);
    return withClient(
      async ({ client }) => {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await client.listResources(cursor === undefined ? {} : { cursor });
          seen.push(...page.resources.map(({ name }) => name));
          cursor = page.nextCursor;
        } while (cursor !== undefined);
        expect(seen.toSorted()).toEqual(names.toSorted());
        const [first] = (await client.listResources({ cursor: '%' })).resources;
        expect(first?.name).toBe(names.toSorted()[0]);
        const { contents } = await client.readResource({ uri: `codebase:///${encodeURIComponent('src/größe 7%.ts')}` });
        expect(contents[0]).toMatchObject({ text: 'export const x7 = 7;\n' });
      },
      {},
      Object.fromEntries(names.map((name, n) => [name, `export const x${n} = ${n};\n`])),
    );
  });
});

describe('the prompts over MCP', () => {
  it('name the tools that they need', () =>
    withClient(async ({ client }) => {
      const { prompts } = await client.listPrompts();
      expect(prompts.map(({ name }) => name)).toEqual(['answer_with_sources', 'review_changes']);
      const review = await client.getPrompt({ name: 'review_changes', arguments: { base: 'main' } });
      expect(JSON.stringify(review.messages)).toContain('what_changed with base');
      await expect(client.getPrompt({ name: 'answer_with_sources' })).rejects.toThrow('The prompt needs a question.');
    }));
});
