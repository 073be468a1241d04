import { Ledger } from '../../../../../src/memory/store/ledger.ts';
import { FAR, imported, placeIn, TREE } from '../../../../unit/memory/snapshot/support.ts';

/** Imports a snapshot, says when half of its files are in, and never gets further. */
const [place = '', file = ''] = process.argv.slice(2);
const { ledger } = Ledger.open(place, FAR);
let files = 0;
await imported(ledger, file, {
  place: (each) => {
    if (++files <= 2) return placeIn(TREE)(each, () => '');
    process.stdout.write('half\n');
    setInterval(() => undefined, 1000);
    return new Promise(() => undefined);
  },
});
