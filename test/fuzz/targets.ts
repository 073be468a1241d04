import type { Target } from './target.ts';

/** Every target by its name; each is loaded when it is wanted, because some make a repository or a database first. */
export const TARGETS = {
  markdown: async () => (await import('./targets/markdown.ts')).markdown,
  patterns: async () => (await import('./targets/patterns.ts')).patterns,
  question: async () => (await import('./targets/question.ts')).question,
  repository: async () => (await import('./targets/repository.ts')).repository,
  scope: async () => (await import('./targets/scope.ts')).scope,
  snapshot: async () => (await import('./targets/snapshot.ts')).snapshot,
  text: async () => (await import('./targets/text.ts')).text,
} as const satisfies Readonly<Record<string, () => Promise<Target>>>;

export type TargetName = keyof typeof TARGETS;

export function isTargetName(name: string): name is TargetName {
  return Object.hasOwn(TARGETS, name);
}
