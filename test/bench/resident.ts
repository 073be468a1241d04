import { readFile } from 'node:fs/promises';

/**
 * Most bytes that a running process ever had in memory, the weights that it maps from files with it. Linux alone keeps
 * this figure for other processes; elsewhere undefined.
 */
export async function peakResident(pid: number | undefined): Promise<number | undefined> {
  if (pid === undefined) return undefined;
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}
