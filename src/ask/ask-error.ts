export type AskProblem = 'no-folder' | 'empty-question' | 'nothing-to-read' | 'bad-questions';

/** Bad input, told in one plain sentence with what to do. */
export class AskError extends Error {
  override readonly name = 'AskError';
  readonly problem: AskProblem;

  constructor(problem: AskProblem, sentence: string) {
    super(sentence);
    this.problem = problem;
  }
}
