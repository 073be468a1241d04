import { styleText } from 'node:util';
import { answer } from '../ask/answer.ts';
import type { Answer, AnswerEvent } from '../ask/answer.ts';
import { citationText } from '../ask/citation.ts';
import { checkedQuestion, Codebases } from '../ask/codebases.ts';
import type { Recollection } from '../ask/recollection.ts';
import { defaultSampling } from '../engine/sampler.ts';
import { percent } from './percent.ts';
import { EXIT, refresh, withCodebase } from './session.ts';
import type { CommonOptions } from './session.ts';

export interface AskCommand extends CommonOptions {
  readonly temperature?: number;
  readonly seed?: number;
  readonly maxTokens?: number;
}

/** Files that are listed above an answer. */
const LISTED = 6;

/** Refreshes the memory, then prints what it points to, the answer as it streams, and what each sentence rests on. */
export async function askCommand(question: string, options: AskCommand): Promise<number> {
  const asked = checkedQuestion(question);
  return withCodebase(options, async (session) => {
    const report = await refresh(session, options);
    const view = options.json === true ? jsonView() : textView();
    if (options.json !== true && report.read > 0) {
      const { read, encoded, reused } = report;
      process.stderr.write(`Read ${read} files: ${encoded} segments encoded, ${reused} known already.\n`);
    }
    const sampling =
      options.temperature === undefined
        ? defaultSampling
        : {
            kind: 'nucleus' as const,
            temperature: options.temperature,
            topP: 0.9,
            seed: options.seed ?? 1,
            repetitionPenalty: defaultSampling.repetitionPenalty,
          };
    const { signal } = session;
    const how = { signal, sampling, ...(options.maxTokens ? { maxTokens: options.maxTokens } : {}) };
    await answer(Codebases.of(session.codebase), asked, how, view.event);
    return view.end();
  });
}

interface View {
  readonly event: (event: AnswerEvent) => void;
  readonly end: () => number;
}

function textView(): View {
  let known = true;
  const out = (text: string) => process.stdout.write(text);
  return {
    event: (event) => {
      switch (event.kind) {
        case 'recalled':
          out(`${styleText('bold', 'The memory points to')}\n${fileLines(event.recollection)}\n\n`);
          break;
        case 'read':
          if (event.stale > 0) out(`${event.stale} places have changed since they were read and are left out.\n`);
          break;
        case 'prefilled':
          break;
        case 'token':
          out(event.text);
          break;
        case 'unknown':
          known = false;
          out(`${event.sentence} The nearest files are listed above.\n`);
          break;
        case 'answered':
          out(`\n\n${restLines(event.answer)}\n`);
          break;
      }
    },
    end: () => (known ? EXIT.done : EXIT.unknown),
  };
}

function fileLines({ files }: Recollection): string {
  return files
    .slice(0, LISTED)
    .map(({ path, share, segments }) => {
      const [best] = segments;
      const where = best ? `:${best.start}-${best.end}` : '';
      return `  ${percent(share).padStart(6)}  ${path}${where}`;
    })
    .join('\n');
}

function restLines({ sentences, ending }: Answer): string {
  const lines = sentences.map((found) => {
    const text = shortened(found.sentence.text);
    return found.kind === 'supported'
      ? `  ${styleText('green', citationText(found.citation))}  ${text}`
      : `  ${styleText('yellow', 'rests on nothing read')}  ${text}`;
  });
  const note = ending === 'length' ? '\nThe answer was cut at its longest length; ask for more with --max-tokens.' : '';
  return `${styleText('bold', 'What it rests on')}\n${lines.join('\n')}${note}`;
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= 90 ? line : `${line.slice(0, 89)}…`;
}

function jsonView(): View {
  let recollection: Recollection | undefined;
  let found: Answer | undefined;
  return {
    event: (event) => {
      if (event.kind === 'recalled') recollection = event.recollection;
      if (event.kind === 'answered') found = event.answer;
    },
    end: () => {
      const files = recollection?.files.map(({ path, share, segments }) => ({
        path,
        share,
        segments: segments.map((segment) => ({ start: segment.start, end: segment.end, share: segment.share })),
      }));
      process.stdout.write(`${JSON.stringify({ known: found !== undefined, files, answer: found })}\n`);
      return found ? EXIT.done : EXIT.unknown;
    },
  };
}
