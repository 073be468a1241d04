import { Writable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { Output } from '../../../src/terminal/output.ts';

/** A stream that keeps what is written, as a terminal or as a pipe. */
class Kept extends Writable {
  readonly isTTY: boolean;
  readonly rows: number;
  text = '';

  constructor(kind: 'terminal' | 'pipe', rows = 24) {
    super({ decodeStrings: false });
    this.isTTY = kind === 'terminal';
    this.rows = rows;
  }

  hasColors(): boolean {
    return process.env.NO_COLOR === undefined;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk;
    done();
  }
}

const CLIPBOARD = '\x1b]52;c;aGk=\x07';

describe('what commands print', () => {
  const { TERM, NO_COLOR } = process.env;
  afterEach(() => {
    process.env.TERM = TERM ?? 'xterm';
    if (NO_COLOR === undefined) delete process.env.NO_COLOR;
  });

  it('is one line a row, whatever a name holds', () => {
    const pipe = new Kept('pipe');
    new Output(pipe).rows('  9.1%  src/a.ts', `  1.0%  b\n 99.0%  fake.ts${CLIPBOARD}`, '');
    expect(pipe.text).toBe(`  9.1%  src/a.ts\n  1.0%  b\\n 99.0%  fake.ts\\x1b]52;c;aGk=\\x07\n\n`);
  });

  it('has colors on a terminal alone, and none where NO_COLOR is set', () => {
    process.env.TERM = 'xterm-256color';
    delete process.env.NO_COLOR;
    const row = [[{ style: 'bold', text: `Title${CLIPBOARD}` }, ' x']] as const;
    const [terminal, pipe, plain] = [new Kept('terminal'), new Kept('pipe'), new Kept('terminal')];
    new Output(terminal).rows(...row);
    new Output(pipe).rows(...row);
    process.env.NO_COLOR = '1';
    new Output(plain).rows(...row);
    expect(terminal.text).toBe('\x1b[1mTitle\\x1b]52;c;aGk=\\x07\x1b[22m x\n');
    for (const { text } of [pipe, plain]) expect(text).toBe('Title\\x1b]52;c;aGk=\\x07 x\n');
  });

  it('takes a draft away before the next rows, shows none in a pipe, and on a low terminal what fits', () => {
    process.env.TERM = 'xterm-256color';
    const [terminal, low, pipe] = [new Kept('terminal', 4), new Kept('terminal', 3), new Kept('pipe')];
    for (const target of [terminal, low, pipe]) {
      const output = new Output(target);
      output.draft('Files', '  a', `  b${CLIPBOARD}`);
      output.rows('Files', '  b');
      output.rows('End');
    }
    const draft = '\x1b[?7lFiles\n  a\n  b\\x1b]52;c;aGk=\\x07\n\x1b[?7h';
    expect(terminal.text).toBe(`${draft}\x1b[3A\x1b[0JFiles\n  b\nEnd\n`);
    expect(low.text).toBe('\x1b[?7lFiles\n  a\n\x1b[?7h\x1b[2A\x1b[0JFiles\n  b\nEnd\n');
    expect(pipe.text).toBe('Files\n  b\nEnd\n');
  });

  it('escapes a sequence that two pieces of an answer make together', () => {
    const pipe = new Kept('pipe');
    const output = new Output(pipe);
    for (const piece of ['See \x1b', ']52;c;', 'aGk=\x07 and\n\tmore \ud83d', '\ude00', '\u200d']) output.text(piece);
    output.rows('', 'End');
    expect(pipe.text).toBe('See \\x1b]52;c;aGk=\\x07 and\n\tmore 😀\\u{200d}\nEnd\n');
  });

  it('shows a passing line on a terminal alone, and takes it away before anything else', () => {
    process.env.TERM = 'xterm';
    const [terminal, pipe] = [new Kept('terminal'), new Kept('pipe')];
    for (const output of [new Output(terminal), new Output(pipe)]) {
      output.status('Checking\n1');
      output.rows('Done');
      output.status();
    }
    expect(terminal.text).toBe('\x1b[2K\x1b[1GChecking\\n1\x1b[2K\x1b[1GDone\n');
    expect(pipe.text).toBe('Done\n');
  });

  it('prints JSON that is equal when parsed', () => {
    const pipe = new Kept('pipe');
    const value = { path: `a\n${CLIPBOARD}\x9b\u202e\u200b` };
    new Output(pipe).json(value);
    expect(pipe.text).toMatch(/^[\x20-\x7e]*\n$/);
    expect(JSON.parse(pipe.text)).toEqual(value);
  });
});
