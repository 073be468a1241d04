import type { RepositoryFigures } from './repository.ts';
import type { Spread } from './sample.ts';
import { kinds, SIZES } from './speed.ts';
import type { Kind, Ratio, Speed, Speeds } from './speed.ts';

interface Weight {
  /** On disk. */
  readonly bytes: number;
  /** Most that a process of its own had in memory for a long prompt and some tokens; Linux and macOS tell. */
  readonly peakBytes?: number;
}

/** Everything that one run found; what `--json` writes. */
export interface Report {
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly threads: number;
    readonly platform: string;
    readonly node: string;
    /** Programs that wanted a core, on average over the minute before the run; 0 where the platform does not tell. */
    readonly load: number;
  };
  readonly rounds: number;
  readonly ours: { readonly model: string } & Weight;
  readonly peer?: { readonly version: string } & Weight;
  readonly speeds: Speeds;
  readonly repository?: RepositoryFigures;
}

const did: Readonly<Record<Kind, string>> = {
  prefill: `prefill, ${SIZES.prefill} tokens`,
  first: `prefill, ${SIZES.first} tokens`,
  decode: `decode, ${SIZES.decode} after ${SIZES.prompt}`,
  ingest: `ingest, ${SIZES.segments} segments`,
};

/** The report for people: aligned Markdown. */
export function render(report: Report): string {
  return [
    `${about(report)}\n`,
    `${speedTable(report)}\n`,
    ...(report.repository ? [repositoryTable(report)] : []),
  ].join('\n');
}

/** The report for a diff: numbers with four significant digits. */
export function toJson(report: Report): string {
  const round = (_: string, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
  return `${JSON.stringify(report, round, 2)}\n`;
}

function about({ machine, rounds, ours, peer }: Report): string {
  const { cpu, cores, threads, platform, node, load } = machine;
  const lines = [
    `${cpu}, ${cores} cores, ${platform}, Node ${node}; ${threads} threads; load ${load.toFixed(1)} before the run.`,
    `ask-codebase: ${ours.model}, ${weight(ours)}.`,
    ...(peer ? [`node-llama-cpp ${peer.version}: ${weight(peer)}.`] : []),
    `Medians of ${rounds} rounds, with the least and the most.`,
  ];
  return lines.join('\n');
}

function weight({ bytes, peakBytes }: Weight): string {
  const peak = peakBytes === undefined ? '' : `, at most ${megabytes(peakBytes)} in memory`;
  return `${megabytes(bytes)} of weights${peak}`;
}

function speedTable({ speeds }: Report): string {
  const { ours, against } = speeds;
  const first = ours.first && `First token after ${SIZES.first} tokens: ${seconds(ours.first)} s`;
  if (!against) {
    const rows = kinds.flatMap((kind) => {
      const own = ours[kind];
      return own ? [[did[kind], wide(own.clock, 0), wide(own.cpu, 0)]] : [];
    });
    return `${align([['', 'tokens/s', 'tokens per CPU second'], ...rows])}\n\n${first}.`;
  }
  const { peer, ratios, sameTokens } = against;
  const row = (name: string, own: Speed | undefined, other: Speed | undefined, ratio: Ratio | undefined) =>
    own && other && ratio
      ? [
          [
            name,
            wide(own.clock, 0),
            wide(other.clock, 0),
            wide(ratio.clock, 2),
            ratio.best.toFixed(2),
            wide(ratio.cpu, 2),
          ],
        ]
      : [];
  const table = align([
    ['', 'ours, tokens/s', 'peer, tokens/s', 'ours / peer', 'best / best', 'per CPU second'],
    ...kinds.flatMap((kind) => row(did[kind], ours[kind], peer[kind], ratios[kind])),
    ...row('ingest against prefill', ours.ingest, peer.prefill, ratios.ingestToPrefill),
  ]);
  const theirs = peer.first && `; the peer ${seconds(peer.first)} s`;
  const same = `Decode steps after which both name the same token: ${wide(sameTokens, 0)} of ${SIZES.decode}.`;
  return `${table}\n\n${first}${theirs}.\n${same}`;
}

/** By the clock, for the whole prompt. */
function seconds({ clock }: Speed): string {
  return (SIZES.first / clock.median).toFixed(2);
}

function repositoryTable({ repository: found }: Report): string {
  if (!found) return '';
  const { first, again, goingOn } = found;
  const waits = (name: string, step: keyof typeof first) => [
    `${name}, s`,
    first[step].toFixed(2),
    wide(again[step], 2),
    wide(goingOn[step], 2),
  ];
  const rate = found.tokens / found.ingestSeconds;
  return [
    align([
      ['a question', 'first in a process', 'of a new conversation', 'going on'],
      waits('looked for changes', 'looked'),
      waits('first citation', 'citation'),
      waits('its lines checked on disk', 'checked'),
      waits('first token', 'firstToken'),
      [
        'tokens put before the model',
        String(first.promptTokens),
        wide(again.promptTokens, 0),
        wide(goingOn.promptTokens, 0),
      ],
    ]),
    '',
    align([
      ['the repository', ''],
      ['files', String(found.files)],
      ['lines', String(found.lines)],
      ['segments', String(found.segments)],
      ['ingest, s', found.ingestSeconds.toFixed(1)],
      ['ingest, tokens/s, with all that belongs to it', rate.toFixed(0)],
      ['model load, apart, s', found.loadSeconds.toFixed(1)],
      ['memory on disk per 1,000 lines', `${(found.bytesPerThousandLines / 1e3).toFixed(0)} kB`],
      ['peak resident memory during ingest', megabytes(found.peakIngestBytes)],
      ['peak resident memory during answers', megabytes(found.peakAnswerBytes)],
    ]),
  ].join('\n');
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? 'not told by this platform' : `${(bytes / 1e6).toFixed(0)} MB`;
}

function wide({ median, least, most }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}

/** Rows of cells as a Markdown table: the first row is the head, the first column names, the rest numbers. */
function align(table: readonly (readonly string[])[]): string {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0), 2));
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const [head = [], ...body] = table;
  return [head, rule, ...body].map((row) => `| ${row.map(pad).join(' | ')} |`).join('\n');
}
