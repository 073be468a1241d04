import { AppError } from '../common/app-error.ts';

/** Who writes the answers, as the user chose it: plain data that crosses threads as it is. */
export type ChosenModel =
  /** The model that is always there. */
  | { readonly kind: 'built-in' }
  /** One that the user added, in this program's engine. */
  | { readonly kind: 'local'; readonly name: string }
  | ServerChoice
  /** One of those that the editor offers. */
  | { readonly kind: 'editor'; readonly vendor: string; readonly id: string };

/** A server that speaks OpenAI's chat completions. */
export interface ServerChoice {
  readonly kind: 'server';
  /** Where its interface begins: `http://localhost:11434/v1`. */
  readonly baseUrl: string;
  /** As people know it: `localhost:11434`. */
  readonly address: string;
  /** What a consent and a key are kept for: with its scheme, because `http` sends both in clear. */
  readonly origin: string;
  /** False where text that is sent there leaves this machine. */
  readonly isLoopback: boolean;
  /** Undefined for the first that the server offers. */
  readonly model: string | undefined;
}

/** The line for the model that is always there. */
export const BUILT_IN_CHOICE = 'built-in';

const EDITOR = /^editor:([^/]+)\/(.+)$/su;
/** What a slip in the address of a server looks like; no local model is called so. */
const ADDRESS_LIKE = /[#?]|:\/\/|^localhost\b/u;
const CONTROL = /\p{Cc}/u;
const LONGEST = 500;

/**
 * Reads the one line that a setting, the terminal and the list of models share: `built-in`, a local model's name,
 * `http://localhost:11434#NAME` or `editor:VENDOR/ID`.
 *
 * @throws `answer-model/choice`
 */
export function chosenModel(text: string): ChosenModel {
  const plain = text.trim();
  if (plain === '' || plain === BUILT_IN_CHOICE) return { kind: 'built-in' };
  if (plain.length > LONGEST || CONTROL.test(plain)) throw unreadable(plain);
  if (/^https?:\/\//i.test(plain)) return serverChoice(plain);
  const [, vendor, id] = EDITOR.exec(plain) ?? [];
  if (vendor !== undefined && id !== undefined) return { kind: 'editor', vendor, id };
  if (ADDRESS_LIKE.test(plain)) throw unreadable(plain);
  return { kind: 'local', name: plain };
}

/** The line that `chosenModel` reads. */
export function choiceText(choice: ChosenModel): string {
  switch (choice.kind) {
    case 'built-in':
      return BUILT_IN_CHOICE;
    case 'local':
      return choice.name;
    case 'server': {
      const url = choice.baseUrl.replace(/^([^/]+\/\/[^/]+)\/v1$/u, '$1');
      return choice.model === undefined ? url : `${url}#${choice.model}`;
    }
    case 'editor':
      return `editor:${choice.vendor}/${choice.id}`;
  }
}

function serverChoice(text: string): ServerChoice {
  const [location = '', ...rest] = text.split('#');
  const model = rest.join('#');
  const url = URL.parse(location);
  // A key in an address would stand in settings, headers and logs.
  if (!url || url.username !== '' || url.password !== '' || url.search !== '') throw unreadable(text);
  const path = url.pathname.replace(/\/+$/u, '');
  return {
    kind: 'server',
    baseUrl: `${url.origin}${path === '' ? '/v1' : path}`,
    address: url.host,
    origin: url.origin,
    isLoopback: isLoopbackHost(url.hostname),
    model: model === '' ? undefined : model,
  };
}

/** Whether a host, as `URL` spells it, is this machine and nothing else: 127.0.0.0/8 (RFC 1122), ::1, `localhost`. */
function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/u.test(host);
}

function unreadable(text: string): AppError {
  const shown = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  return new AppError('answer-model/choice', `"${shown}" names no answer model.`);
}
