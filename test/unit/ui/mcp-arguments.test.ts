import { expect, it } from 'vitest';
import { mcpArguments } from '../../../src/ui/tools/mcp-arguments.ts';

it('the server that the editor starts leaves out and masks what the editor does', () => {
  const patterns = { exclude: ['docs/', '-x', ' '], secretExceptions: ['test/fixtures/'] };
  expect(mcpArguments('cli.js', ['/a', '/b c'], { device: 'cpu', threads: 2, ...patterns })).toEqual([
    'cli.js',
    'mcp',
    '--repo=/a',
    '--repo=/b c',
    '--device=cpu',
    '--threads=2',
    '--exclude=docs/',
    '--exclude=-x',
    '--allow-secrets=test/fixtures/',
  ]);
});
