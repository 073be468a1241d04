import { expect, test } from 'vitest';
import { Corpus } from '../../../src/evidence/corpus.ts';
import type { LinesOf } from '../../../src/evidence/history.ts';
import { gatherPointedLines } from '../../../src/evidence/pointed-lines.ts';
import { indexed } from '../answer/support.ts';
import { withFolder } from '../memory/support.ts';

const body = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => `  step${from + at}();`).join('\n');
const FILES = {
  'src/desk.ts': `import { send } from './mail.ts';

/** Lends a book to a reader. */
export function lend(book: Book, reader: Reader): Loan {
  if (reader.fees > 0) throw new Error('The reader owes fees.');
  return { book, reader };
}

/** Closes the desk for today. */
export function close(): void {
${body(0, 30)}
  if (isHoliday()) lockTheDoorForLonger();
${body(30, 40)}
}
`,
  'src/queue.py': `def queue(readers):
    """Puts readers into a row."""

    # The one who was served before another comes first.
    def served(reader):
        return reader.served

    for one, other in pairs(readers):
        if served(one) < served(other):
            swap(one, other)
${Array.from({ length: 30 }, (_, at) => `    step${at}()`).join('\n')}
`,
  'src/errors.ts': `/** A reader has too many books. */
export class TooManyBooksError extends Error {}
`,
  'src/limit.ts': `import { TooManyBooksError } from './errors.ts';

/** Refuses a reader who has too many books. */
export function refuse(reader: Reader): void {
  refuseWith(reader, 5);
}

function refuseWith(reader: Reader, most: number): void {
  if (reader.books.length > most) {
    throw new TooManyBooksError('Bring one back first.');
  }
}
`,
  'src/clock.ts': `/** Waits for the reader. */
export function setTimeout(late: Late): void {
  start(late);
}

export class Loans$Many extends LoanError {}
`,
  'src/timer.ts': `/** Rings once. */
export function ring(late: Late) {
  step();
  step();
  step();
  step();
  return setTimeout(late);
}

/** Counts. */
export function count(loans: Loan[]) {
  if (loans.length > 5) throw new Loans$Many();
}
`,
  'src/notes.ts': `/** Notes for readers. */
export const notes = new Notes();

export function getRdrNotificationId(row: Row): string {
  return row.key;
}

export function notificationQueueLength(): number {
  return notes.size;
}
`,
  'src/stamp.py': `def stamp(loan, ink):
    """Stamps the date of return on a slip.

${Array.from({ length: 20 }, (_, at) => `    :param colour${at}: how the slip looks`).join('\n')}
    """
    slip = loan.slip()
    slip.press(ink)
${Array.from({ length: 30 }, (_, at) => `    step${at}()`).join('\n')}
`,
  'src/cellar.py': `def guard(cellar):
    """Guards the cellar."""
${Array.from({ length: 30 }, (_, at) => `    step${at}()`).join('\n')}
    rules = every(
        # Only where rain has flooded it.
${Array.from({ length: 30 }, (_, at) => `        "rule ${at}",`).join('\n')}
        "call the brigade",
    )
${Array.from({ length: 14 }, (_, at) => `    stop${at}()`).join('\n')}
`,
  'src/gate.ts': `/** Watches the gate. */
export function watch(gate: Gate): void {
${body(0, 33)}
  if (gate.isDusk) {
    // The lantern is lit at dusk.
    light(gate.lantern);
  }
${body(33, 45)}
}
`,
  'src/receipt.ts': `/**
 * Prints the receipt of a payment.
${Array.from({ length: 30 }, (_, at) => ` * @example receipt(${at})`).join('\n')}
 */
export function receipt(payment: Payment): Receipt {
${body(0, 25)}
  return payment.print();
}
`,
  'src/shelf.ts': `/** Finds a shelf for a returned book by its subject. */
export function shelve(book: Book): Shelf {
  return shelves.get(book.subject);
}

/** A returned book that is damaged goes to no shelf, and is repaired by its binder. */
export function repair(book: Book): void {
  binder.take(book);
}

/** Counts the shelves. */
export function count(): number {
  return shelves.size;
}
`,
  'src/lens.rs': `/// Grinds a lens.
pub fn grind(lens: Lens) -> Lens {
    wheel(lens)
}

#[cfg(test)]
mod tests {
    fn polished(lens: Lens) -> Lens {
        grind(lens)
    }

    #[test]
    fn lens_is_ground() {
        assert!(polished(Lens::new()).is_ground());
    }
}
`,
  'CHANGELOG.md': '# Changes\n\n- The desk asks a reader for fees.\n',
  'src/latest.ts': 'export function getLatest(): Book {\n  return books.at(-1);\n}\n',
  'test/desk.test.ts':
    'function borrow(): void {\n  lend(book);\n}\n\nfunction testLatest(): void {\n  getLatest();\n}\n',
  'src/mail.ts': "/** Sends a reminder. */\nexport function remind(): void {\n  send('due');\n}\n",
  'src/mail-windows.ts': "/** Sends a reminder. */\nexport function remind(): void {\n  send('due');\n}\n",
};

type Place = readonly [path: string, start: number, end: number];

/** The lines that are shown for a question, when the ranking brought back these. */
const pointed = (question: string, ...places: readonly Place[]) => pointedWith(undefined, question, ...places);

function pointedWith(best: LinesOf | undefined, question: string, ...places: readonly Place[]) {
  return withFolder(async (folder) => {
    const { index } = await indexed(folder, FILES);
    const recalled = places.map(([path, start, end]) => ({ path, lines: { start, end } }));
    const { items } = await gatherPointedLines(new Corpus({ index, prefix: '' }), question, recalled, best);
    index.close();
    return items.map(({ path, lines, text }) => ({ path, ...lines, text }));
  });
}

test('a short definition is shown whole, with its comment', async () => {
  const [first] = await pointed('When does a reader who owes fees get no book?', ['src/desk.ts', 1, 7]);
  expect(first).toMatchObject({ path: 'src/desk.ts', start: 3, end: 7 });
});

test('what another place says to the letter is shown once', async () => {
  const items = await pointed('When is a reminder sent?', ['src/mail.ts', 1, 4], ['src/mail-windows.ts', 1, 4]);
  expect(items.filter(({ text }) => text.includes('remind()')).map(({ path }) => path)).toEqual(['src/mail.ts']);
});

test('of a long one its head is shown and the lines that hold the words', async () => {
  const items = await pointed('When is the door locked for longer?', ['src/desk.ts', 30, 52]);
  expect(items.map(({ start }) => start)).toEqual([9, 41]);
  expect(items[0]?.text).toBe('/** Closes the desk for today. */\nexport function close(): void {');
  expect(items[1]?.text).toContain('lockTheDoorForLonger');
});

test('what is shown of a long one ends where its block does', async () => {
  const items = await pointed('What happens when rain has flooded it?', ['src/cellar.py', 30, 64]);
  expect(items.at(-1)?.text).toMatch(/rain has flooded it\.[^]*"call the brigade",$/);
});

test('a place far behind the best is not shown, and nothing twice', async () => {
  const items = await pointed(
    'Why does lend refuse a reader who owes fees?',
    ['src/desk.ts', 1, 7],
    ['src/desk.ts', 3, 7],
    ['src/mail.ts', 1, 4],
  );
  expect(items.map(({ path, start }) => `${path}:${start}`)).toEqual(['src/desk.ts:3']);
});

test('nothing where no line has a word of the question', async () => {
  expect(await pointed('Which football club won?', ['src/mail.ts', 1, 4])).toEqual([]);
});

test('what a definition hands on to is shown behind it', async () => {
  const items = await pointed('How is a reader with too many books refused?', ['src/limit.ts', 1, 6]);
  const shown = items.map(({ path, start }) => `${path}:${start}`);
  expect(shown.slice(0, 2)).toEqual(['src/limit.ts:3', 'src/limit.ts:8']);
  // The failure that it raises is defined elsewhere.
  expect(shown.slice(2)).toEqual(['src/errors.ts:1']);
});

test('of a failure that is named, its definition is shown and where it is raised', async () => {
  const items = await pointed('Why would somebody see TooManyBooksError?', ['src/desk.ts', 1, 7]);
  expect(items.slice(0, 2).map(({ path, start, end }) => `${path}:${start}-${end}`)).toEqual([
    'src/errors.ts:1-2',
    'src/limit.ts:6-10',
  ]);
});

test('a failure is told by its name or by what it extends, and a timer is none', async () => {
  const timer = await pointed('Why would somebody call `setTimeout`?', ['src/mail.ts', 1, 4]);
  expect(timer.map(({ path }) => path)).not.toContain('src/timer.ts');
  const loans = await pointed('Why would somebody see Loans$Many?', ['src/mail.ts', 1, 4]);
  expect(loans.map(({ path, end }) => `${path}:${end}`)).toContain('src/timer.ts:12');
});

test("a test's own helper is shown where a test is asked for, and by no name that only ends like one", async () => {
  const helper = 'test/desk.test.ts';
  const latest = await pointed('How do `getLatest` and `borrow` go together?', ['src/mail.ts', 1, 4]);
  expect(latest.map(({ path }) => path)).not.toContain(helper);
  const tested = await pointed('How do `testLatest` and `getLatest` go together?', ['src/mail.ts', 1, 4]);
  expect(tested.map(({ path }) => path)).toContain(helper);
});

test('of the only thing that is named the lines that decide are shown, with a short helper inside of it', async () => {
  const items = await pointed('How does `queue` decide which of two readers is served first, and why not by age?', [
    'src/queue.py',
    1,
    8,
  ]);
  expect(items[0]).toMatchObject({ path: 'src/queue.py', start: 1 });
  expect(items[0]?.text).toContain('def served');
  expect(items[0]?.text).toContain('served(one) < served(other)');
});

test('an import that says the words is no answer', async () => {
  const items = await pointed('Which reader gets TooManyBooks errors?', ['src/limit.ts', 1, 1]);
  expect(items).toEqual([]);
});

test('what is described in the words of a name is shown behind the best lines, and no name that says more', async () => {
  const items = await pointed('How is the identifier for the notification of readers made?', ['src/notes.ts', 1, 2]);
  expect(items.map(({ start }) => start)).toEqual([1, 4]);
  expect(items[1]?.text).toContain('getRdrNotificationId');
});

test('of a long comment the end is left out, and not the statements below it', async () => {
  const items = await pointed('When is the date of return stamped on a slip?', ['src/stamp.py', 1, 24]);
  expect(items.map(({ start }) => start)).toEqual([1, 25]);
  expect(items[1]?.text).toContain('slip.press(ink)');
});

test('of a long comment above the first lines are shown, and all of what it is about', async () => {
  const items = await pointed('How is the slip of a loan printed?', ['src/receipt.ts', 1, 30]);
  expect(items.map(({ start, end }) => [start, end])).toEqual([
    [1, 6],
    [34, 61],
  ]);
});

test('what says as much of the question beside what the ranking points to is shown too, and nothing that says little', async () => {
  const items = await pointed('Which shelf does a returned book go to, and who repairs a damaged one?', [
    'src/shelf.ts',
    1,
    4,
  ]);
  expect(items.map(({ start, end }) => [start, end])).toEqual([
    [1, 4],
    [6, 9],
  ]);
});

test('of the best file some lines are shown, whatever other files say', async () => {
  const question = 'How does the reader owe fees to the desk?';
  const others = ['src/desk.ts', 3, 7] as const;
  expect(new Set((await pointed(question, others, ['src/mail.ts', 1, 4])).map(({ path }) => path))).not.toContain(
    'src/clock.ts',
  );
  const best = { path: 'src/clock.ts', lines: { start: 1, end: 4 } };
  const items = await pointedWith(best, question, others);
  expect(items.map(({ path, start }) => `${path}:${start}`)).toEqual(['src/desk.ts:3', 'src/clock.ts:1']);
  const changes = await pointedWith({ path: 'CHANGELOG.md', lines: { start: 1, end: 3 } }, question, others);
  expect(changes.map(({ path }) => path)).toEqual(['src/desk.ts']);
  // Nothing of a place without any of the words.
  const none = await pointedWith({ path: 'src/cellar.py', lines: { start: 5, end: 9 } }, question, others);
  expect(none.map(({ path }) => path)).toEqual(['src/desk.ts']);
});

test('a condition is no definition: the head of the function that it stands in is shown', async () => {
  const items = await pointed('When is the lantern lit at dusk?', ['src/gate.ts', 36, 39]);
  expect(items.map(({ path, start, end }) => `${path}:${start}-${end}`)).toEqual([
    'src/gate.ts:1-2',
    'src/gate.ts:37-52',
  ]);
});

test('lines of tests are shown where tests are asked for, or where nothing else was found', async () => {
  const inTest = ['test/desk.test.ts', 1, 3] as const;
  const both = [inTest, ['src/desk.ts', 3, 7]] as const;
  const pathsOf = async (question: string, ...places: readonly Place[]) => [
    ...new Set((await pointed(question, ...places)).map(({ path }) => path)),
  ];
  expect(await pathsOf('How does the desk lend a book to borrow?', ...both)).toEqual(['src/desk.ts']);
  expect(await pathsOf('Which test lends a book to borrow?', ...both)).toContain('test/desk.test.ts');
  expect(await pathsOf('How does the desk lend a book to borrow?', inTest)).toContain('test/desk.test.ts');
});

test('tests of Rust in the file that they test are tests', async () => {
  const inTest = ['src/lens.rs', 8, 15] as const;
  const startsOf = async (question: string, ...places: readonly Place[]) =>
    (await pointed(question, ...places)).map(({ start }) => start);
  expect(await startsOf('How is a lens ground and polished?', inTest, ['src/lens.rs', 1, 4])).toEqual([1]);
  expect(await startsOf('Which test polishes a lens that is ground?', inTest, ['src/lens.rs', 1, 4])).toContain(6);
  expect(await startsOf('How is a lens ground and polished?', inTest)).toContain(8);
});
