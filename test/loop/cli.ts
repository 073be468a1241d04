import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The built command line, run as a user runs it. */
export const CLI = join(import.meta.dirname, '../../dist/cli.js');
export const MODELS = join(import.meta.dirname, '../../models');

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export function temporary(name: string): string {
  return mkdtempSync(join(tmpdir(), `ask-codebase-${name}-`));
}

/** Writes files below `root`, making folders as needed. */
export function place(root: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

export interface RunOptions {
  readonly home: string;
  readonly models?: string;
  readonly onStart?: (child: ChildProcess) => void;
}

export function cli(args: readonly string[], options: RunOptions): Promise<Ran> {
  const env = { ...process.env, ASK_CODEBASE_HOME: options.home, ASK_CODEBASE_MODELS: options.models ?? MODELS };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CLI, ...args], { env });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('close', (code) => {
      resolve({ code, out, err });
    });
    options.onStart?.(child);
  });
}

/** A small project about a library of books, with one place for each fact that a test asks for. */
export const LIBRARY = {
  'src/loans.ts': [
    '/** Loans of books to readers. */',
    'const LOAN_DAYS = 21;',
    '',
    'export function lendBook(book: Book, reader: Reader, today: Date): Loan {',
    '  if (reader.openLoans >= 5) throw new Error("A reader may have five books at once.");',
    '  const due = new Date(today.getTime() + LOAN_DAYS * 86_400_000);',
    '  return { book, reader, due };',
    '}',
    '',
    'export function lateFee(loan: Loan, today: Date): number {',
    '  const days = Math.floor((today.getTime() - loan.due.getTime()) / 86_400_000);',
    '  return days > 0 ? days * 10 : 0;',
    '}',
    '',
  ].join('\n'),
  'src/catalogue.ts': [
    '/** Finds books by their title, author or shelf. */',
    'export function searchCatalogue(catalogue: Book[], words: string[]): Book[] {',
    '  const wanted = words.map((word) => word.toLowerCase());',
    '  return catalogue.filter((book) => wanted.every((word) => book.title.toLowerCase().includes(word)));',
    '}',
    '',
    'export function shelfOf(book: Book): string {',
    '  return `${book.subject.slice(0, 3).toUpperCase()}-${book.author.slice(0, 2)}`;',
    '}',
    '',
  ].join('\n'),
  'src/mail.ts': [
    '/** Sends reminders to readers whose books are due soon. */',
    'export async function sendReminder(mailer: Mailer, loan: Loan): Promise<void> {',
    '  const subject = `Please return "${loan.book.title}"`;',
    '  await mailer.send({ to: loan.reader.address, subject, text: `It is due on ${loan.due.toDateString()}.` });',
    '}',
    '',
  ].join('\n'),
  'README.md': '# Library\n\nLends books, finds them on their shelves and reminds readers to bring them back.\n',
};
