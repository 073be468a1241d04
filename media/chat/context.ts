import type { PageMessage } from '../../src/chat/protocol.ts';
import type { Strings } from '../../src/chat/strings.ts';

/** What every part of the page needs: the words, and the way to the host. */
export interface Context {
  readonly strings: Strings;
  readonly post: (message: PageMessage) => void;
  /** Says something to a screen reader once. */
  readonly announce: (text: string) => void;
}
