import { err } from './output.ts';

/**
 * Asks a question that is answered with y or n.
 *
 * @returns undefined where nobody can answer, because standard input or the error stream is no terminal
 */
export async function confirm(question: string, signal: AbortSignal): Promise<boolean | undefined> {
  const { stdin } = process;
  if (!stdin.isTTY || !err.isTerminal) return undefined;
  err.block(`${question} [y/N] `);
  try {
    const line = await new Promise<string>((resolve, reject) => {
      stdin.once('data', (data: Buffer) => {
        resolve(data.toString());
      });
      stdin.once('end', () => {
        resolve('');
      });
      signal.addEventListener('abort', () => {
        reject(new DOMException('Stopped at a question.', 'AbortError'));
      });
    });
    return /^\s*y(?:es)?\s*$/iu.test(line);
  } finally {
    // A stream that is read keeps the process.
    stdin.pause();
  }
}
