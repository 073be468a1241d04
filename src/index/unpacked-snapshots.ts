import { readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { PruneLimits } from '../memory/store/prune.ts';

/**
 * How long an unpacked snapshot is kept without being asked, and how many bytes of them; as long as unused records are.
 */
export const UNPACKED = {
  maxAgeMs: 30 * 86_400_000,
  /** Some ten snapshots of large repositories. */
  maxBytes: 1024 * 1024 * 1024,
  /** ms in which one may still be asked by another process: it does not go, whatever it takes. */
  inUseMs: 86_400_000,
} as const;

/** A snapshot's name, and all files of its database: log, and what was set aside as damaged. */
const NAMED = /^([0-9a-f]{24})\.sqlite/;

interface Unpacked {
  readonly files: readonly string[];
  readonly bytes: number;
  readonly usedMs: number;
}

/** Where a snapshot of this name (24 hexadecimal digits) is unpacked. */
export const unpackedPlace = (home: string, name: string): string => join(home, 'snapshots', `${name}.sqlite`);

/** Notes that an unpacked snapshot is used now. */
export function touchUnpacked(place: string, now = new Date()): void {
  utimesSync(place, now, now);
}

/**
 * Removes unpacked snapshots that were not asked for long, and of the others the longest unused until at most so many
 * bytes are left; the snapshot itself unpacks again in seconds. Other files are left alone. How many bytes went.
 */
export function pruneUnpacked(home: string, limits: PruneLimits = UNPACKED): number {
  const { maxAgeMs, maxBytes = Infinity, now = Date.now() } = limits;
  let [kept, gone] = [0, 0];
  for (const { files, bytes, usedMs } of unpacked(join(home, 'snapshots'), now)) {
    const age = now - usedMs;
    if (age <= UNPACKED.inUseMs || (age <= maxAgeMs && kept + bytes <= maxBytes)) {
      kept += bytes;
    } else if (removed(files)) {
      gone += bytes;
    }
  }
  return gone;
}

/** The last used first. A time in the future, of a clock that was set wrong, becomes now: else it would never age. */
function unpacked(folder: string, now: number): Unpacked[] {
  const names = readdirSync(folder).filter((name) => NAMED.test(name));
  const groups = [...Map.groupBy(names, (name) => NAMED.exec(name)?.[1]).values()].map((group) => {
    const files = group.map((name) => join(folder, name));
    // Another process may prune at this moment.
    const stats = files.flatMap((file) => statSync(file, { throwIfNoEntry: false }) ?? []);
    const bytes = stats.reduce((sum, { size }) => sum + size, 0);
    const usedMs = Math.max(...stats.map(({ mtimeMs }) => mtimeMs));
    if (usedMs > now) for (const file of files) settle(file, now);
    return { files, bytes, usedMs: Math.min(usedMs, now) };
  });
  return groups.sort((a, b) => b.usedMs - a.usedMs);
}

function settle(file: string, now: number): void {
  try {
    utimesSync(file, now / 1000, now / 1000);
  } catch {
    // Gone meanwhile, or another's: there will be another time.
  }
}

/** Windows keeps what another process has open: there will be another time. */
function removed(files: readonly string[]): boolean {
  try {
    for (const file of files) rmSync(file, { force: true });
    return true;
  } catch {
    return false;
  }
}
