import { readFileSync, readdirSync } from 'node:fs';

export interface Running {
  readonly pid: number;
  readonly parent: number;
  /** The command line, its arguments apart. */
  readonly args: readonly string[];
}

/**
 * Milliseconds in the kernel's unit of processor time, which is a hundredth of a second on every Linux that these tests
 * run on.
 */
const TICK = 10;

/** Processor time that a process has used so far, user and system, in milliseconds. */
export function processorTime(pid: number): number {
  const fields = statFields(pid);
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}

/**
 * What the kernel tells of a process, from its state on: the program's name before it, in brackets, may hold spaces.
 */
function statFields(pid: number | string): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
}

/** Every process of this machine that can be read. Linux only, as the tests' VS Code is. */
function processes(): Running[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const [state, parent] = statFields(name);
        if (state === 'Z') return [];
        const args = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').slice(0, -1);
        return [{ pid: Number(name), parent: Number(parent), args }];
      } catch {
        return [];
      }
    });
}

/** Everything that `pid` has started, and what that has started. */
export function descendants(pid: number): Running[] {
  const all = processes();
  const found: Running[] = [];
  const parents = new Set([pid]);
  for (let grown = true; grown;) {
    const more = all.filter((each) => parents.has(each.parent) && !parents.has(each.pid));
    for (const each of more) parents.add(each.pid);
    found.push(...more);
    grown = more.length > 0;
  }
  return found;
}

/** The engines that run below `pid`: children whose script is called engine.js. */
export function engines(pid: number): Running[] {
  return descendants(pid).filter(({ args }) => args.some((arg) => /[\\/]engine\.js$/.test(arg)));
}
