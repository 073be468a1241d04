/**
 * `npm run torture`: every trial below, and says what became of each; minutes, not seconds. `npm run torture -- saves
 * writers` runs some of them, and `npm run torture -- replay --history PATH` replays a repository of yours.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { asInUse, StandIn } from '../support/encoder.ts';
import { flipSnapshotBits } from './flip-snapshot.ts';
import { flipBits } from './flip.ts';
import { generateHistory } from './generated-history.ts';
import { killConversions } from './kill-conversion.ts';
import { killSaves } from './kill-saves.ts';
import { killIngests } from './kill.ts';
import { replay } from './replay.ts';
import { writeTogether } from './writers.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Kills and flips of each kind. */
    kills: { type: 'string', default: '200' },
    flips: { type: 'string', default: '100' },
    /** How long two processes write. */
    seconds: { type: 'string', default: '60' },
    /** A git repository, and how many of its last steps are replayed. */
    history: { type: 'string' },
    commits: { type: 'string', default: '200' },
  },
});
const [kills, flips, seconds, commits] = [values.kills, values.flips, values.seconds, values.commits].map(Number);

const trials: Readonly<Record<string, () => Promise<string>>> = {
  async ingests() {
    const { killed, finished, acknowledged } = await killIngests(kills ?? 0, 120);
    return (
      `${killed + finished} ingests: ${killed} killed while they worked, ${finished} done before; all ${acknowledged} ` +
      'acknowledged changes were there, every database was sound, and every resumed memory equal to one built in one go.'
    );
  },

  async saves() {
    const { killed, inSave, acknowledged } = await killSaves(kills ?? 0, 60);
    return (
      `${killed} kills between saves and in the middle of them (${inSave}): all ${acknowledged} acknowledged saves were ` +
      'there, every database was sound, and every resumed memory equal to one built in one go.'
    );
  },

  async conversions() {
    const { databases, killed, halfWay } = await killConversions(kills ?? 0, 150);
    return (
      `${killed} kills of processes that bring ${databases} databases of a former version up to this one, ${halfWay} of them half-way: ` +
      'every record was there, every database was sound, and every set hash that of a memory built in one go.'
    );
  },

  async writers() {
    const { saves, busy, reads, readMs, longestReadMs } = await writeTogether(seconds ?? 0);
    return (
      `Two processes for ${seconds} s: ${saves.join(' and ')} saves, all there; ${busy} waited in vain and were repeated. A third read ` +
      `everything ${reads} times meanwhile, in ${readMs.toFixed(0)} ms (median) and at most ${longestReadMs.toFixed(0)}.`
    );
  },

  async flips() {
    const { harmless, setAside, repaired, rebuilt, refused, loadExcerpts } = await flipBits(flips ?? 0, 150);
    return (
      `${flips} flipped bits of a database: ${harmless} changed nothing, ${setAside} were seen on opening, ${repaired} repaired, ` +
      `${rebuilt} built anew with their writes, ${loadExcerpts} read again, ${refused} refused with a sentence. No wrong sum was called sound.`
    );
  },

  async snapshots() {
    const { harmless, refused } = await flipSnapshotBits(flips ?? 0, 150);
    return (
      `${flips} flipped bits of a snapshot: ${refused} refused with a sentence, ${harmless} changed nothing; the importer's ` +
      'memory was never another, and took the sound snapshot afterwards.'
    );
  },

  async replay() {
    const folder = mkdtempSync(join(tmpdir(), 'torture-history-'));
    try {
      const history = values.history ?? join(folder, 'generated.git');
      if (values.history === undefined) generateHistory(history, 1 + (commits ?? 0));
      const told = await replay(history, { commits: commits ?? 0 }, new StandIn(asInUse));
      return (
        `${told.steps} commits of ${values.history === undefined ? 'a generated history' : basename(resolve(values.history))}, ${told.files} files and ${told.segments} segments in the last: ` +
        `${told.encodedFirst} segments encoded for the first commit, ${told.encodedForward} going forward, ${told.encodedBack} going ` +
        `back; ${told.forwardMs.toFixed(0)} ms a commit forward and ${told.backMs.toFixed(0)} back (medians, without the model and git's ` +
        `checkout). At ${told.rebuilt} commits the sums were a rebuild's, at ${told.fromNothing} those of a memory from nothing, on ` +
        'the way back those of the way there, at each.'
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const unknown = positionals.filter((name) => !(name in trials));
if (unknown.length > 0)
  throw new Error(`There is no trial ${unknown.join(', ')}; there are ${Object.keys(trials).join(', ')}.`);
for (const [name, run] of Object.entries(trials)) {
  if (positionals.length === 0 || positionals.includes(name)) console.log(await run());
}
