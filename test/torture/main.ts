/** `npm run torture [-- kills flips]`: kills ingests and flips bits, and says what became of each. Minutes, not seconds. */
import { flipBits } from './flip.ts';
import { killIngests } from './kill.ts';

const [kills = 200, flips = 100] = process.argv.slice(2).map(Number);
const { killed, finished, acknowledged } = await killIngests(kills, 120);
console.log(
  `${kills} ingests: ${killed} killed while they worked, ${finished} done before; all ${acknowledged} acknowledged ` +
    'changes were there, every database was sound, and every resumed memory equal to one built in one go.',
);
const { harmless, setAside, mended, rebuilt, refused, reread } = await flipBits(flips);
console.log(
  `${flips} flipped bits: ${harmless} changed nothing, ${setAside} were seen on opening, ${mended} mended, ${rebuilt} ` +
    `built anew with their writes, ${reread} read again, ${refused} refused with a sentence. No wrong sum was called sound.`,
);
