import type { Settings } from '../settings.ts';

/**
 * The command line of the server for these folders: it reads, leaves out and masks what the window does. Two processes
 * with different rules would read each other's files anew, and an agent would be shown what the user has left out.
 *
 * @param program the path of the command line
 */
export function mcpArguments(
  program: string,
  roots: readonly string[],
  { device, threads, exclude, secretExceptions }: Pick<Settings, 'device' | 'threads' | 'exclude' | 'secretExceptions'>,
): string[] {
  // Each with its value in one word: a pattern that begins with a hyphen is no option.
  const globs = (option: string, patterns: readonly string[]) =>
    patterns.flatMap((glob) => (glob.trim() === '' ? [] : [`${option}=${glob}`]));
  return [
    program,
    'mcp',
    ...roots.map((root) => `--repo=${root}`),
    `--device=${device}`,
    ...(threads > 0 ? [`--threads=${threads}`] : []),
    ...globs('--exclude', exclude),
    ...globs('--allow-secrets', secretExceptions),
  ];
}
