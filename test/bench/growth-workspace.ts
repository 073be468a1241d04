import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { mulberry32 } from '../../src/common/random.ts';

/** Kinds of files whose text is taken. */
const KINDS = new Set(['.ts', '.js', '.py', '.go', '.rs', '.c', '.h', '.java', '.md', '.rb', '.cs', '.php', '.kt']);
/** Larger ones would make a small workspace of one file. */
const MOST_BYTES = 30_000;
/** Of source text, as the base's tokenizer cuts it: a mean over the packed repositories. */
export const BYTES_PER_TOKEN = 3.4;

/** What a question is asked for: a file like no other, somewhere in the middle. */
export const PLANTED = {
  path: 'src/tides/almanac.py',
  question: 'How is the height of the tide at a harbour worked out from the almanac?',
  text: `"""Heights of the tide from the almanac's constituents."""

from math import cos, radians


def tide_height(harbour, hours):
    """Sums the constituents of a harbour: amplitude times the cosine of speed and phase."""
    return harbour.mean_level + sum(
        part.amplitude * cos(radians(part.speed * hours - part.phase)) for part in harbour.constituents
    )
`,
} as const;

interface Source {
  readonly path: string;
  readonly text: string;
}

/** Source files below the folders, shuffled, always in the same way: a small workspace is of all of them too. */
function readSources(folders: readonly string[]): Source[] {
  const random = mulberry32(1);
  const sources = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => KINDS.has(extname(name)) && !/(?:^|\/)(?:node_modules|\.git|dist|build)\//.test(name))
      .sort()
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isFile() && statSync(path).size <= MOST_BYTES)
      .map((path) => ({ path: relative(dirname(folder), path), text: readFileSync(path, 'utf8') })),
  );
  return sources
    .map((source) => ({ source, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ source }) => source);
}

/**
 * A workspace of about `tokens` tokens of real text under `root`: the files of `folders`, again and again. Every time
 * another third of the longer names gets an ending of its own, so that no two segments are alike and the vocabulary
 * grows as that of more projects would. One file is planted in the middle.
 */
export function growWorkspace(root: string, folders: readonly string[], tokens: number): void {
  const sources = readSources(folders);
  if (sources.length === 0) throw new Error(`There are no sources below ${folders.join(', ')}.`);
  let left = tokens * BYTES_PER_TOKEN;
  const middle = left / 2;
  let isPlanted = false;
  for (let pass = 0; left > 0; pass++) {
    for (const { path, text } of sources) {
      if (left <= 0) break;
      const own = pass === 0 ? text : renamed(text, pass);
      write(join(root, pass === 0 ? path : `copy-${pass}/${path}`), own);
      left -= Buffer.byteLength(own);
      if (isPlanted || left > middle) continue;
      write(join(root, PLANTED.path), PLANTED.text);
      isPlanted = true;
    }
  }
}

function renamed(text: string, pass: number): string {
  const ending = `x${pass.toString(36)}`;
  return text.replace(/\b[A-Za-z][A-Za-z0-9]{5,}\b/g, (name) =>
    (name.charCodeAt(1) + name.length) % 3 === pass % 3 ? `${name}${ending}` : name,
  );
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
