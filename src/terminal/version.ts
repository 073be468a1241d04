import { readFileSync } from 'node:fs';

/** The version in package.json, which lies beside the folder of the built program, or above that of the sources. */
export function version(): string {
  for (const place of ['../package.json', '../../package.json']) {
    try {
      const json: unknown = JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8'));
      if (typeof json === 'object' && json !== null && 'version' in json) return String(json.version);
    } catch {
      // It lies at the other place.
    }
  }
  return 'unknown';
}
