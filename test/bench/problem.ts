/** Something the person who runs the bench can repair; the message is the whole of what they need to read. */
export class Problem extends Error {
  override readonly name = 'Problem';
}
