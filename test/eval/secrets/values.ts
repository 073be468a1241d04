import { mulberry32 } from '../../../src/common/random.ts';

/**
 * Values that look like secrets and are none: made from a seed, in the formats of the real ones, so that no source
 * holds them.
 */
export class Values {
  /** Uniform in [0, 1). */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = mulberry32(seed);
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)]!;
  }

  of(alphabet: string, length: number): string {
    return Array.from({ length }, () => alphabet.charAt(Math.floor(this.next() * alphabet.length))).join('');
  }

  hex = (length: number) => this.of('0123456789abcdef', length);
  digits = (length: number) => this.pick(['1', '2', '3', '7']) + this.of('0123456789', length - 1);
  upper = (length: number) => this.of('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', length);
  /** A digit and letters of both cases, as any random value of this length has. */
  base62 = (length: number) =>
    `${this.of(LOWER, 1)}${this.of(DIGIT, 1)}${this.of(UPPER, 1)}${this.of(LOWER + UPPER + DIGIT, length - 3)}`;
  base64 = (length: number) => `${this.base62(length - 1)}${this.pick(['+', '/', 'A', 'z'])}`;
  uuid = () => `${this.hex(8)}-${this.hex(4)}-4${this.hex(3)}-a${this.hex(3)}-${this.hex(12)}`;
  /** What a person makes up to satisfy a rule. */
  password = () =>
    `${this.of(UPPER, 1)}${this.of(LOWER, 5)}${this.of('!#%+=?', 1)}${this.of(DIGIT, 3)}${this.of(LOWER, 2)}`;
  /** Short and plain: only the file that it stands in says that it is one. */
  weak = () => `${this.of(LOWER, 4)}${this.pick(['FAKE', 'Pw', ''])}${this.of(DIGIT, 2)}`;
  jwt = () => `eyJhbGciOiJIUzI1NiJ9.eyJ${this.base62(40)}.${this.base62(43)}`;

  /** Lines of base64 as they stand in PEM. */
  lines(count: number): string[] {
    return [
      ...Array.from({ length: count }, (_, n) => (n === 0 ? `MIIE${this.base64(60)}` : this.base64(64))),
      `${this.base64(22)}==`,
    ];
  }

  pem(title = 'RSA PRIVATE KEY', count = 12): { readonly whole: string; readonly lines: readonly string[] } {
    const lines = this.lines(count);
    return { whole: [`-----BEGIN ${title}-----`, ...lines, `-----END ${title}-----`].join('\n'), lines };
  }
}

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const DIGIT = '0123456789';
