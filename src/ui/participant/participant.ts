import * as vscode from 'vscode';
import { literal } from '../../chat/harmless-markdown.ts';
import { stackOf } from '../../common/app-error.ts';
import { linesOfRange } from '../place.ts';
import { shown, shownLines } from '../shown.ts';
import type { WorkspaceMemory } from '../workspace-memory.ts';
import { participantStrings } from './strings.ts';
import { nextRequests } from './next-requests.ts';
import { answerTurn, COMMANDS } from './turn.ts';
import { withSignal } from '../with-signal.ts';
import type { TurnHost, TurnRequest } from './turn.ts';
import { keptResult, turnResultOf } from './turn-result.ts';
import type { TurnResult } from './turn-result.ts';
import type { TurnOutput } from './turn-writer.ts';

const ID = 'askCodebase.memory';
/** A character behind the last of any line: a range that ended before the first would not mean its last line. */
const LINE_END = 2 ** 30;

interface ParticipantHost extends Pick<TurnHost, 'ask' | 'recall' | 'tool' | 'folders'> {
  readonly memory: WorkspaceMemory;
  readonly extensionUri: vscode.Uri;
  readonly log: vscode.LogOutputChannel;
}

/** Registers `@codebase-memory` of the editor's chat. The memory's own model answers, whatever model is chosen. */
export function registerParticipant(host: ParticipantHost): vscode.Disposable {
  const strings = participantStrings();
  const participant = vscode.chat.createChatParticipant(ID, async (request, context, stream, token) => {
    const asked = requestOf(host.memory, request, context);
    const output = outputOf(host.memory, stream);
    try {
      const result = await withSignal(token, (signal) => answerTurn(asked, { ...host, strings }, output, signal));
      if (result.kind === 'nothing') stream.markdown(literal(result.message));
      return { metadata: keptResult(result) };
    } catch (error) {
      if (token.isCancellationRequested) return {};
      host.log.error(shownLines(stackOf(error)));
      return { errorDetails: { message: vscode.l10n.t('That did not work. The log has the details.') } };
    }
  });
  // The side bar colors its icon by the theme; the chat shows it as it is.
  const icon = (name: string) => vscode.Uri.joinPath(host.extensionUri, 'media', 'icons', name);
  participant.iconPath = { light: icon('activity-bar-light.svg'), dark: icon('activity-bar.svg') };
  participant.followupProvider = {
    provideFollowups: ({ metadata }) => {
      const result = turnResultOf(metadata);
      return result ? [...nextRequests(result, strings)] : [];
    },
  };
  return participant;
}

function requestOf(memory: WorkspaceMemory, request: vscode.ChatRequest, context: vscode.ChatContext): TurnRequest {
  const places = request.references.flatMap(({ value }) => {
    const uri = value instanceof vscode.Location ? value.uri : value instanceof vscode.Uri ? value : undefined;
    const place = uri && memory.placeOf(uri);
    if (!place) return [];
    return [{ path: memory.places.shown(place), range: value instanceof vscode.Location ? value.range : undefined }];
  });
  const [attached] = places.flatMap(({ path, range }) => (range ? [{ path, range }] : []));
  const results = resultsOf(context.history);
  return {
    command: COMMANDS.find((name) => name === request.command),
    prompt: request.prompt,
    history: results.flatMap((result) => ('answer' in result ? [result] : [])),
    terms: results.at(-1)?.terms ?? '',
    compared: results.findLast((result) => result.kind === 'compared')?.paths ?? [],
    paths: places.flatMap(({ path, range }) => (range || path === '' ? [] : [path])),
    selection: attached && { path: attached.path, ...linesOfRange(attached.range) },
  };
}

/** Of turns with this participant, oldest first: what others were asked is no part of the conversation. */
function resultsOf(history: vscode.ChatContext['history']): TurnResult[] {
  return history.flatMap((turn) =>
    turn instanceof vscode.ChatResponseTurn && turn.participant === ID
      ? (turnResultOf(turn.result.metadata) ?? [])
      : [],
  );
}

function outputOf(memory: WorkspaceMemory, stream: vscode.ChatResponseStream): TurnOutput {
  /** Undefined for what is not in the workspace: a path may come out of an answer. */
  const locate = ({ path, start, end }: { path: string; start: number; end: number }) => {
    const place = memory.places.resolve(path);
    if (!place) return undefined;
    return new vscode.Location(memory.uriOf(place), new vscode.Range(start - 1, 0, end - 1, LINE_END));
  };
  return {
    progress: (sentence) => {
      stream.progress(shown(sentence));
    },
    markdown: (markdown) => {
      stream.markdown(markdown);
    },
    reference: (place) => {
      const location = locate(place);
      if (location) stream.reference(location);
    },
    link: (place, label) => {
      const location = locate(place);
      if (location) stream.anchor(location, shown(label));
    },
    button: ({ path, start, end }, label) => {
      stream.button({ title: shown(label), command: 'askCodebase.openLines', arguments: [path, start, end] });
    },
  };
}
