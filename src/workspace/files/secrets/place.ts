/** A secret in a text. */
export interface SecretPlace {
  /** UTF-16 offsets; `end` is behind the last unit. */
  readonly start: number;
  readonly end: number;
  /** What it is, for a person: `GitHub token`. */
  readonly rule: string;
}
