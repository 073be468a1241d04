/** Options that do not go together: told in one sentence, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
