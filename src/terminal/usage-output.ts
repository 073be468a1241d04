import type { OutputConfiguration } from 'commander';
import { err, out } from './output.ts';

/**
 * Commander's suggestion is a line of its own and names options of this program alone; all before it may echo
 * arguments.
 */
const SUGGESTION = /\n(\(Did you mean [\w\-, ]+\?\))$/;

/** How commander prints: its errors repeat what was typed, or what a script passed on. */
export const usageOutput: OutputConfiguration = {
  writeOut: (text) => {
    out.block(text);
  },
  writeErr: (text) => {
    err.block(text);
  },
  outputError: (text) => {
    const message = text.trimEnd();
    const suggestion = SUGGESTION.exec(message);
    err.rows(message.slice(0, suggestion?.index), ...(suggestion?.slice(1) ?? []));
  },
};
