import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cli, place, temporary } from './cli.ts';
import type { Ran } from './cli.ts';

/** A pit for each question below: a file that says its words, or has its name, and is not what is meant. */
const BAKERY = {
  'src/oven/heat.ts': [
    "import type { Loaf } from '../loaf/loaf';",
    '',
    '/** Raises the temperature by what the dough of the loaf needs. */',
    'export function heat(loaf: Loaf, degrees: number): number {',
    '  return degrees * (1 + loaf.dough.moisture);',
    '}',
    '',
  ].join('\n'),
  'src/shop/till.ts': [
    "// TypeError: Cannot read properties of undefined (reading 'moisture') came from here, when heat was called without a loaf.",
    "import { heat } from '../oven/heat';",
    '',
    '/** What the loaves of a basket cost; cannot read undefined properties. */',
    'export function amount(loaves: { price: number; moisture: number }[]): number {',
    '  return loaves.reduce((sum, loaf) => sum + loaf.price * heat(loaf, 1), 0);',
    '}',
    '',
  ].join('\n'),
  'src/loaf/loaf.ts': 'export interface Loaf {\n  dough: { moisture: number; flour: string };\n  order: string;\n}\n',
  'apps/news/announce.py': [
    '"""Announcements of new kinds of bread."""',
    '',
    'def announce(bread, at):',
    '    """Puts a kind of bread into the window at a time and tells the regular customers."""',
    '    bread.announced_at = at',
    '    for customer in bread.regulars():',
    '        customer.tell(bread)',
    '',
  ].join('\n'),
  'apps/recipes/models.py':
    'class Recipe:\n    """Bread is announced elsewhere: see the other app."""\n\n    announced_at = None\n',
  'lib/fastify.js':
    'module.exports = createServer;\nfunction createServer() { return wrap(function serve(req, res) { serve.handle(req, res); }); }\n',
  'lib/failures.js':
    '/** Handles failures of a route: answers with the status of the failure, or with 500. */\nexports.handleFailure = function handleFailure(failure, req, res) {\n  res.end(String(failure.status || 500));\n};\n',
  'requirements.txt': 'Flask==3.0.3\nrequests>=2.31\n',
  'apps/setup_flask.py':
    'def flask_setup():\n    """Sets up Flask for scripts; depends on the version of Flask that is there."""\n',
  'src/bread.sql': 'CREATE TABLE loaves (\n  id bigint PRIMARY KEY,\n  price numeric NOT NULL\n);\n',
  'src/fill.sql': 'INSERT INTO loaves (id, price) VALUES (1, 2);\nSELECT * FROM loaves; -- loaves table, loaves\n',
  'web/crust.css': '.crust-dark { color: brown; }\n',
  'web/Crust.tsx': 'export const Crust = () => <b className="crust-dark crust">dark</b>;\n',
  'src/g.py': 'class Q:\n    pass\n\ndef g(x):\n    """The slope of the crust."""\n    return 1 / (1 + 2.718 ** -x)\n',
  'src/h.py': 'def k(x):\n    """Calls g."""\n    return g(x) * (1 - g(x))\n',
  'two\nnames.ts': '/** Weighs the rye flour. */\nexport function weighRye(): number { return 42; }\n',
};

const FIRST: Readonly<Record<string, readonly [question: string, file: string]>> = {
  'a trace with the paths of another machine': [
    "TypeError: Cannot read properties of undefined (reading 'moisture')\n    at heat (/home/u/bakery/src/oven/heat.ts:5:20)\n    at Object.<anonymous> (/home/u/bakery/src/index.ts:1:1)",
    'src/oven/heat.ts',
  ],
  'a compiler’s line': ["src/oven/heat.ts(5,20): error TS2532: Object is possibly 'undefined'.", 'src/oven/heat.ts'],
  'a path between Chinese words': ['请解释src/loaf/loaf.ts的作用，以及怎样计算moisture和price', 'src/loaf/loaf.ts'],
  'a mention': ['@src/loaf/loaf.ts how are moisture and price computed?', 'src/loaf/loaf.ts'],
  'a folder called news': ['Where is bread announced and are its regular customers told?', 'apps/news/announce.py'],
  'a product whose name is a file’s': ['How does Fastify.js handle failures of a route?', 'lib/failures.js'],
  'a version': ['Which version of Flask do we depend on?', 'requirements.txt'],
  'a name of one letter': ['What does g do?', 'src/g.py'],
  'a table': ['Where is the table loaves created?', 'src/bread.sql'],
  'a class of a style sheet': ['Where is .crust-dark styled?', 'web/crust.css'],
  'a file whose name holds a line end': ['Who weighs the rye flour?', 'two\nnames.ts'],
  'German for English code': ['Welche Datei erhöht die Temperatur?', 'src/oven/heat.ts'],
};

/** Nothing that a question holds may end the run. */
const ODD = [
  '??!! ... ^*()-',
  '😀🚀',
  'NEAR("a" AND b) NOT * OR ^heat -x',
  'Where\u0000 is\u202e heat?\u0007',
  `heat ${'and '.repeat(20_000)}`,
];

describe('what a question names, with the real model', () => {
  const questions = join(temporary('questions'), 'questions.jsonl');
  const found = new Map<string, string[]>();
  let ran: Ran;

  beforeAll(async () => {
    const asked = [
      ...Object.entries(FIRST).map(([id, [question]]) => ({ id, question })),
      ...ODD.map((question, at) => ({ id: `odd ${at}`, question })),
    ];
    writeFileSync(questions, asked.map((each) => JSON.stringify(each)).join('\n'));
    const repo = place(temporary('bakery'), BAKERY);
    const options = ['--repo', repo, '--device', 'cpu', '--questions', questions, '--json'];
    ran = await cli(['recall', ...options], { home: temporary('home') });
    for (const line of ran.out.split('\n').filter(Boolean)) {
      const { id, files } = JSON.parse(line) as { id: string; files: { path: string }[] };
      found.set(
        id,
        files.map(({ path }) => path),
      );
    }
  });

  it.each(Object.entries(FIRST))('finds %s', (id, [, file]) => {
    expect(found.get(id)?.[0], ran.err).toBe(file);
  });

  it('answers odd questions too, and finds nothing for signs and pictures', () => {
    expect(ran.code, ran.err).toBe(0);
    expect(ODD.map((_, at) => found.has(`odd ${at}`))).toEqual(ODD.map(() => true));
    expect([found.get('odd 0'), found.get('odd 1')]).toEqual([[], []]);
  });
});
