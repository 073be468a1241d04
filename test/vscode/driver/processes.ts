import { readFileSync, readdirSync } from 'node:fs';

export interface Running {
  readonly pid: number;
  readonly parent: number;
  /** The command line, its arguments apart. */
  readonly args: readonly string[];
}

/** Every process of this machine that can be read. Linux only, as the tests' VS Code is. */
function processes(): Running[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // The second field is the program's name in brackets, which may hold spaces.
        const after = readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\) /s, '');
        const [state, parent] = after.split(' ');
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
