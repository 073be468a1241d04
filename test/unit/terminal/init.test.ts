import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { initCommand } from '../../../src/terminal/init.ts';
import type { ClientName } from '../../../src/terminal/init.ts';
import { withFolder } from '../memory/support.ts';

let printed = '';

beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A file as `init CLIENT --write` leaves it. */
async function written(root: string, client: ClientName, file: string, before?: string): Promise<string> {
  if (before !== undefined) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), before);
  }
  await initCommand([client], { repo: [root], write: true });
  return readFileSync(join(root, file), 'utf8');
}

describe('init', () => {
  it('shows everything and writes nothing unless it is told to', () =>
    withFolder(async (root) => {
      await initCommand([], { repo: [root] });
      for (const file of ['.mcp.json', '.cursor/mcp.json', '.vscode/mcp.json', '.gemini/settings.json', 'AGENTS.md']) {
        expect(printed).toContain(`${file} (a new file)`);
        expect(existsSync(join(root, file))).toBe(false);
      }
      expect(printed).toContain('[mcp_servers.ask-codebase]');
      expect(printed).toContain('name paths of this machine: do not commit them.\nNothing is written. Add --write');
      printed = '';
      await initCommand(['agents-md'], { repo: [root] });
      expect(printed).not.toContain('this machine');
    }));

  it('writes an entry that starts this program over the folder', () =>
    withFolder(async (root) => {
      const { mcpServers } = JSON.parse(await written(root, 'claude', '.mcp.json')) as {
        mcpServers: Record<string, { command: string; args: string[] }>;
      };
      expect(mcpServers['ask-codebase']?.command).toBe(process.execPath);
      expect(mcpServers['ask-codebase']?.args.slice(1)).toEqual(['mcp', '--repo', root]);
    }));

  it('keeps what stands in a file, comments too', () =>
    withFolder(async (root) => {
      const before = '{\n  // ours\n  "servers": {\n    "other": { "command": "x" }, // keep\n  },\n}\n';
      const after = await written(root, 'vscode', '.vscode/mcp.json', before);
      expect(after).toContain('// ours');
      expect(after).toContain('// keep');
      expect(after).toMatch(/"other": \{\s*"command": "x"\s*\}[^]*"ask-codebase": \{\s*"type": "stdio"/);
      const toml = await written(root, 'codex', '.codex/config.toml', 'model = "o" # mine');
      expect(toml).toMatch(/^model = "o" # mine\n\n\[mcp_servers\.ask-codebase\]\ncommand = "/);
      expect(await written(root, 'agents-md', 'AGENTS.md', '# Rules\n')).toMatch(/^# Rules\n\n## Finding things/);
    }));

  it('changes nothing the second time', () =>
    withFolder(async (root) => {
      for (const [client, file] of [
        ['gemini', '.gemini/settings.json'],
        ['codex', '.codex/config.toml'],
        ['agents-md', 'AGENTS.md'],
      ] as const) {
        const once = await written(root, client, file);
        expect(await written(root, client, file)).toBe(once);
        expect(printed).toContain(`${file}: has it already`);
        expect(printed.endsWith('Nothing has to be written.\n')).toBe(true);
      }
    }));

  it('leaves a file that is no JSON as it is', () =>
    withFolder(async (root) => {
      for (const broken of ['{"mcpServers": ', '[]', '"text"']) {
        await expect(written(root, 'claude', '.mcp.json', broken)).rejects.toThrow('.mcp.json cannot be read as JSON');
        expect(readFileSync(join(root, '.mcp.json'), 'utf8')).toBe(broken);
      }
      // Not one of several is written then.
      await expect(initCommand(['cursor', 'claude'], { repo: [root], write: true })).rejects.toThrow('cannot be read');
      expect(existsSync(join(root, '.cursor/mcp.json'))).toBe(false);
    }));

  it('writes through no link that a repository has put there', () =>
    withFolder(async (folder) => {
      const root = join(folder, 'root');
      mkdirSync(join(folder, 'elsewhere'), { recursive: true });
      mkdirSync(root);
      writeFileSync(join(folder, 'victim.json'), '{}');
      symlinkSync('../victim.json', join(root, '.mcp.json'));
      symlinkSync('../elsewhere', join(root, '.cursor'));
      for (const client of ['claude', 'cursor'] as const) {
        await expect(initCommand([client], { repo: [root], write: true })).rejects.toThrow('no ordinary file');
      }
      expect(readFileSync(join(folder, 'victim.json'), 'utf8')).toBe('{}');
      expect(existsSync(join(folder, 'elsewhere/mcp.json'))).toBe(false);
    }));
});
