import type { ParticipantStrings } from './strings.ts';
import type { ParticipantCommand } from './turn.ts';
import type { TurnResult } from './turn-result.ts';

/**
 * What may be asked next, by what became of a turn. A command that is left out is the one of the turn before; an empty
 * one is none.
 */
export function nextRequests(
  result: TurnResult,
  strings: ParticipantStrings,
): readonly { readonly prompt: string; readonly command: ParticipantCommand | ''; readonly label: string }[] {
  switch (result.kind) {
    case 'answered':
      return [
        { prompt: result.question, command: 'why', label: strings.nextWhy },
        { prompt: strings.nextTests, command: '', label: strings.nextTests },
      ];
    case 'listed':
      return [
        { prompt: result.question, command: '', label: strings.nextAnswer },
        { prompt: result.question, command: 'why', label: strings.nextWhy },
      ];
    case 'compared':
      return [{ prompt: strings.nextBreak, command: 'diff', label: strings.nextBreak }];
    case 'scoped':
      return result.terms === '' ? [] : [{ prompt: '', command: 'scope', label: strings.nextWhole }];
    case 'quoted':
    case 'nothing':
      return [];
  }
}
