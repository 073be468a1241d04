import * as vscode from 'vscode';
import { literal } from '../../chat/harmless-markdown.ts';
import { stackOf } from '../../common/app-error.ts';
import type { Turn } from '../../retrieve/multi-folder-search.ts';
import { linesOfRange } from '../place.ts';
import { shown, shownLines } from '../shown.ts';
import type { WorkspaceMemory } from '../workspace-memory.ts';
import { participantStrings } from './strings.ts';
import { nextRequests } from './next-requests.ts';
import { answerTurn, COMMANDS } from './turn.ts';
import type { TurnHost, TurnOutput, TurnRequest, TurnResult } from './turn.ts';
import { withSignal } from '../with-signal.ts';

const ID = 'askCodebase.memory';

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
      return { metadata: result };
    } catch (error) {
      if (token.isCancellationRequested) return {};
      host.log.error(shownLines(stackOf(error)));
      return { errorDetails: { message: vscode.l10n.t('That did not work. The log has the details.') } };
    }
  });
  participant.iconPath = vscode.Uri.joinPath(host.extensionUri, 'media', 'icons', 'activity-bar.svg');
  participant.followupProvider = {
    provideFollowups: ({ metadata }) => (isResult(metadata) ? [...nextRequests(metadata, strings)] : []),
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
  const results = context.history.flatMap((turn) =>
    turn instanceof vscode.ChatResponseTurn && turn.participant === ID && isResult(turn.result.metadata)
      ? [turn.result.metadata]
      : [],
  );
  return {
    command: COMMANDS.find((name) => name === request.command),
    prompt: request.prompt,
    history: turnsOf(context.history),
    terms: results.at(-1)?.terms ?? '',
    paths: places.flatMap(({ path, range }) => (range || path === '' ? [] : [path])),
    selection: attached && { path: attached.path, ...linesOfRange(attached.range) },
  };
}

/** Exchanges with this participant: what others were asked is no part of the conversation. */
function turnsOf(history: vscode.ChatContext['history']): Turn[] {
  return history.flatMap((turn, at) => {
    const reply = history[at + 1];
    const isOwn = turn instanceof vscode.ChatRequestTurn && turn.participant === ID;
    if (!isOwn || !(reply instanceof vscode.ChatResponseTurn)) return [];
    const texts = reply.response.map((part) =>
      part instanceof vscode.ChatResponseMarkdownPart ? part.value.value : '',
    );
    return [{ question: turn.prompt, answer: texts.join('') }];
  });
}

function outputOf(memory: WorkspaceMemory, stream: vscode.ChatResponseStream): TurnOutput {
  /** Undefined for what is not in the workspace: a path may come out of an answer. */
  const locate = ({ path, start, end }: { path: string; start: number; end: number }) => {
    const place = memory.places.resolve(path);
    if (!place) return undefined;
    return new vscode.Location(memory.uriOf(place), new vscode.Range(start - 1, 0, end - 1, 0));
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

function isResult(value: unknown): value is TurnResult {
  return typeof value === 'object' && value !== null && 'kind' in value && 'terms' in value;
}
