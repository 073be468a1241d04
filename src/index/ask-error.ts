/**
 * What is wrong with what was asked. The message is the command line's; the editor says it in its own words.
 * - `no-folder`       there is none to ask
 * - `folder-gone`     the folder is not there, or is a file
 * - `nothing-to-read` nothing of the folder is in the memory
 * - `engine-failed`   nothing is in the memory because the engine failed at every file
 * - `nothing-chosen`  none of the files that the question is put to is in the memory
 * - `unknown-path`    a path names nothing in the memory
 */
export type AskProblem =
  | 'no-folder'
  | 'folder-gone'
  | 'empty-question'
  | 'nothing-to-read'
  | 'engine-failed'
  | 'nothing-chosen'
  | 'unknown-path'
  | 'bad-questions';

/** Bad input, told in one plain sentence with what to do. */
export class AskError extends Error {
  override readonly name = 'AskError';
  readonly problem: AskProblem;

  constructor(problem: AskProblem, sentence: string) {
    super(sentence);
    this.problem = problem;
  }
}
