import { fill } from './strings.ts';
import type { Strings } from './strings.ts';
import type { Evidence, EvidenceChoice } from './transcript.ts';

/** What a kind of question is called in the user's language. */
export function evidenceKindText(kind: EvidenceChoice, strings: Strings): string {
  switch (kind) {
    case 'overview':
      return strings.evidenceOverview;
    case 'howto':
      return strings.evidenceHowto;
    case 'definition':
      return strings.evidenceDefinition;
    case 'list':
      return strings.evidenceList;
    case 'references':
      return strings.evidenceReferences;
    case 'settings':
      return strings.evidenceSettings;
    case 'history':
      return strings.evidenceHistory;
    case 'trace':
      return strings.evidenceTrace;
    case 'lines':
      return strings.evidenceLines;
    case 'none':
      return strings.evidenceNone;
  }
}

/** `11 places in 6 files, 4 names, perhaps not all` */
export function evidenceCountText({ count, files, names, isComplete }: Evidence, strings: Strings): string {
  if (count === 0) return strings.evidenceNothing;
  const places =
    count === 1
      ? strings.evidencePlace
      : files === 1
        ? fill(strings.evidencePlacesInFile, count)
        : fill(strings.evidencePlaces, count, files);
  const parts = [places];
  if (names > 0 && names < count) parts.push(fill(strings.evidenceNames, names));
  if (!isComplete) parts.push(strings.evidencePerhapsMore);
  return parts.join(', ');
}
