/** Something the person who runs the bench can mend; the message is the whole of what they need to read. */
export class Problem extends Error {
  override readonly name = 'Problem';
}
