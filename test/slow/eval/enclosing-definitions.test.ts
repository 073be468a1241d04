import { describe, expect, it } from 'vitest';
import { enclosingDefinitions } from '../../eval/enclosing-definitions.ts';

const PYTHON = `import os

class Reader(Base):
    limit = 3

    def read(self, path):
        if path:
            return os.read(path)

def other():
    pass
`;
const GO = `func (c *Context) Next() {
\tc.index++
\tfor c.index < max {
\t\tc.run()
\t}
}

var x = 1
`;
const within = (text: string, part: string) => enclosingDefinitions(text, text.indexOf(part));

describe('the definitions around a place', () => {
  it('stand outermost first, without the lines that control', () => {
    expect(within(PYTHON, '            return')).toEqual(['class Reader(Base):', 'def read(self, path):']);
    expect(within(GO, '\t\tc.run')).toEqual(['func (c *Context) Next() {']);
  });

  it('end where a block ends', () => {
    expect(within(PYTHON, '    pass')).toEqual(['def other():']);
    expect(within(GO, 'var x')).toEqual([]);
  });

  it('are none at the top, and none of a place that is not there', () => {
    expect(within(PYTHON, 'class')).toEqual([]);
    expect(within(PYTHON, 'absent')).toEqual([]);
  });
});
