/**
 * What travels between a caller and its peer, a worker thread or a forked child. A protocol is an interface that names
 * its kinds of calls:
 *
 *     interface Calls { count: Call<string[], number>; ask: Call<string, string, { token: string }> }
 *
 * The types of a reply and of its events follow from the kind (after the hash worker of vscode-js-debug). Each answer
 * repeats the kind, and the caller compares it: both ends come from one build, so the kind vouches for the payload.
 */

/** One kind of call: what is asked, what ends it, and what may come before the end. */
export interface Call<Request, Reply, Event = never> {
  readonly request: Request;
  readonly reply: Reply;
  readonly event: Event;
}

/** The shape of every protocol; `C extends Calls<C>` accepts interfaces too. */
export type Calls<C> = { readonly [K in keyof C]: Call<unknown, unknown, unknown> };
export type Kind<C> = keyof C & string;

/** From the caller. `abort` may cross the reply; `close` asks the peer to end in good order. */
export type ToPeer =
  | { readonly type: 'call'; readonly id: number; readonly kind: string; readonly request: unknown }
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'close' };

/** From the peer. `reply`, `aborted` and `failed` end a call; a notice belongs to none. */
export type FromPeer =
  | { readonly type: 'event'; readonly id: number; readonly kind: string; readonly event: unknown }
  | { readonly type: 'reply'; readonly id: number; readonly kind: string; readonly reply: unknown }
  | { readonly type: 'aborted'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly failure: unknown }
  | { readonly type: 'notice'; readonly notice: unknown };

export function isToPeer(message: unknown): message is ToPeer {
  switch (fieldOf(message, 'type')) {
    case 'call':
      return hasId(message) && typeof fieldOf(message, 'kind') === 'string';
    case 'abort':
      return hasId(message);
    default:
      return fieldOf(message, 'type') === 'close';
  }
}

export function isFromPeer(message: unknown): message is FromPeer {
  switch (fieldOf(message, 'type')) {
    case 'event':
    case 'reply':
      return hasId(message) && typeof fieldOf(message, 'kind') === 'string';
    case 'aborted':
    case 'failed':
      return hasId(message);
    default:
      return fieldOf(message, 'type') === 'notice';
  }
}

function hasId(message: unknown): boolean {
  return Number.isSafeInteger(fieldOf(message, 'id'));
}

function fieldOf(message: unknown, name: string): unknown {
  return typeof message === 'object' && message !== null ? Reflect.get(message, name) : undefined;
}
