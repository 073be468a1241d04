import { openMemory } from '../../src/library/memory.ts';
import type { Engine } from '../../src/engine/client/engine.ts';
import type { Answer } from './agent-cost.ts';
import { call, nothingFound, withCodeGraph, type Peer } from './peers.ts';
import type { Repository } from './repository.ts';
import { segmentsOf, type Question } from './system.ts';
import { terms } from './words.ts';

/** A tool as an agent calls it for one question: again and again, each time for more. */
type Calls = (question: Question) => AsyncIterable<Answer>;

export interface AgentTool {
  readonly name: string;
  /** Makes the tool ready for a repository while `work` asks it these questions. */
  readonly use: (task: AgentTask, work: (calls: Calls) => Promise<void>) => Promise<void>;
}

interface AgentTask {
  readonly repository: Repository;
  readonly questions: readonly Question[];
  readonly signal: AbortSignal;
}

/** Counts tokens as the project's own tokenizer does, for every tool alike. */
type Count = (text: string) => Promise<number>;

/**
 * search_codebase: the answer, then the one after it, as the answer itself names it, until nothing comes next.
 *
 * @param home a copy of the memories, because questions add vectors
 */
export function searchCodebase(engine: Engine, home: string, embedMs: number, tokens: number): AgentTool {
  return {
    name: `search_codebase, ${tokens.toLocaleString('en')} tokens a call`,
    use: async ({ repository: { root }, signal }, work) => {
      const memory = await openMemory({ root, home, engine });
      try {
        await memory.ready({ signal });
        await work(async function* ({ text: question }) {
          for (let from: number | undefined = 0; from !== undefined;) {
            const { text, files, ...found } = await memory.search({ question, tokens, embedMs, from }, { signal });
            const shown = files.filter(({ path, excerpts }) =>
              excerpts.some(({ start, end }) => text.includes(`\n\n${path}:${start}-${end}\n`)),
            );
            yield { tokens: found.tokens, files: shown.map(({ path }) => path) };
            const next: string | undefined = /with "from": (\d+)\./.exec(text)?.[1];
            from = next === undefined ? undefined : Number(next);
          }
        });
      } finally {
        await memory.close();
      }
    },
  };
}

/**
 * What agents do without an index: ripgrep for the words of the question, then the files, whole, one after the other.
 * ripgrep's own list is not charged, which favors it.
 *
 * @param by what puts a file first: lines that hold one of the words, or how many of the words it holds
 */
export function grepAndRead(program: string, count: Count, by: 'lines' | 'words'): AgentTool {
  return {
    name: `grep and read, most ${by} first`,
    use: ({ repository: { root, files }, signal }, work) => {
      const texts = new Map(files.map(({ path, text }) => [path, text]));
      return work(async function* ({ text: question }) {
        const found = new Map<string, { lines: number; words: number }>();
        for (const word of new Set(terms(question).filter((term) => term.length > 2))) {
          const flags = ['--count', '--null', '--ignore-case', '--fixed-strings', '--hidden', '--glob', '!.git'];
          const printed = await call(program, [...flags, '--', word, '.'], {}, signal, root).catch(nothingFound);
          for (const [, path = '', lines] of printed.matchAll(/^(?:\.\/)?([^\0]+)\0(\d+)$/gm)) {
            const before = found.get(path) ?? { lines: 0, words: 0 };
            found.set(path, { lines: before.lines + Number(lines), words: before.words + 1 });
          }
        }
        const ranked = [...found].sort(
          ([one, a], [other, b]) =>
            (by === 'words' ? b.words - a.words : 0) || b.lines - a.lines || (one < other ? -1 : 1),
        );
        for (const [path] of ranked) {
          const text = texts.get(path);
          if (text !== undefined) yield { tokens: await count(text), files: [path] };
        }
      });
    },
  };
}

/** semble's MCP tool: five places, as it gives them unasked, then twice as many; of each, so many lines at most. */
export function semble(peer: Peer, count: Count, lines: number): AgentTool {
  return {
    name: Number.isFinite(lines) ? `semble, ${lines} lines of each place` : 'semble, whole places',
    use: async ({ repository, questions, signal }, work) => {
      const texts = new Map(repository.files.map(({ path, text }) => [path, text.split('\n')]));
      const ranked = await peer.rank(repository, questions, signal);
      await work(async function* ({ id }) {
        const places = segmentsOf(ranked.get(id) ?? []);
        for (const results of [5, 10, 20, 40]) {
          const shown = places.slice(0, results);
          const parts = shown.map(({ path, start, end }) => {
            const own = texts.get(path)?.slice(start - 1, Math.min(end, start - 1 + lines)) ?? [];
            return `${path}:${start}-${end}\n${own.join('\n')}`;
          });
          yield { tokens: await count(parts.join('\n\n')), files: shown.map(({ path }) => path) };
          if (places.length <= results) return;
        }
      });
    },
  };
}

/** CodeGraph's `explore`, the tool that it tells agents to call first: its own size, then more files. */
export function codeGraph(program: string, count: Count): AgentTool {
  return {
    name: 'CodeGraph',
    use: ({ repository, signal }, work) =>
      withCodeGraph(program, repository, signal, ({ folder, env }) =>
        work(async function* ({ text: question }) {
          for (const more of [[], ['--max-files', '20'], ['--max-files', '40']]) {
            const text = await call(program, ['explore', question, '--path', folder, ...more], env, signal);
            const files = [...text.matchAll(/^\*\*`([^`]+)`\*\*/gm)].map(([, path = '']) => path);
            yield { tokens: await count(text), files };
          }
        }),
      ),
  };
}
