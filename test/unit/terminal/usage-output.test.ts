import { Command, Option } from 'commander';
import { describe, expect, it, vi } from 'vitest';
import { err } from '../../../src/terminal/output.ts';
import { usageOutput } from '../../../src/terminal/usage-output.ts';

/** What the program says on its error stream of these arguments. */
function said(...args: readonly string[]): string {
  let text = '';
  const write = vi.spyOn(err.target, 'write').mockImplementation((chunk) => {
    text += chunk;
    return true;
  });
  try {
    new Command('p')
      .configureOutput(usageOutput)
      .exitOverride()
      .addOption(new Option('--device <d>').choices(['auto', 'cpu']))
      .parse(args, { from: 'user' });
  } catch {
    // Commander throws after it has told what is wrong.
  } finally {
    write.mockRestore();
  }
  return text;
}

describe('an error of usage', () => {
  it('repeats an argument without what a terminal would obey', () => {
    const lines = said('--device', 'x\nerror: fake\x1b]0;title\x07\u202e').trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(String.raw`x\nerror: fake\x1b]0;title\x07\u{202e}`);
  });

  it('keeps the line that names what may have been meant', () => {
    expect(said('--devise', 'cpu')).toBe("error: unknown option '--devise'\n(Did you mean --device?)\n");
    const faked = said('--x\n(Did you mean --device?)');
    expect(faked.trimEnd().split('\n')).toHaveLength(1);
  });
});
