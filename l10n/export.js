import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { strings } from './strings.js';

// node l10n/export.js: gathers every text of the editor's side into bundle.l10n.json, which translators start from.
const bundle = JSON.stringify(await strings(), null, 2);
writeFileSync(join(import.meta.dirname, 'bundle.l10n.json'), `${bundle}\n`);
