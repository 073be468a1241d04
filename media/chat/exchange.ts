import { answeredBy, scopeText } from '../../src/chat/markdown.ts';
import { fill } from '../../src/chat/strings.ts';
import { answerNotes, fitting, withEvent } from '../../src/chat/exchange.ts';
import { unfinished } from '../../src/chat/transcript.ts';
import type { AnswerEvent, Exchange, PlacedLines } from '../../src/chat/transcript.ts';
import { finishRendered, shownAnswer } from './answer.ts';
import { citationList } from './citations.ts';
import { copyButton } from './code-block.ts';
import type { Context } from './context.ts';
import { h, icon, iconButton, reconcile } from './dom.ts';
import { GrowingAnswer } from './growing-answer.ts';
import type { UnfoldedEvidence } from './evidence.ts';
import { evidenceView } from './evidence.ts';
import { failureNote, note, progressLine, unknownNote } from './notes.ts';
import { rangeText, split } from './place.ts';
import { keepFocus, rankedList } from './ranked-files.ts';
import type { Unfolded } from './ranked-files.ts';
import { questionEditor } from './question-editor.ts';
import { visible } from './visible.ts';

/** Whether an exchange is the newest: it alone can be asked again with one button. */
export type Position = 'last' | 'earlier';

/** A question and everything that came of it. */
export class ExchangeView {
  readonly element: HTMLElement;
  readonly #context: Context;
  readonly #unfolded: Unfolded = { list: 'open', rest: 'closed' };
  readonly #evidence: UnfoldedEvidence = { rest: 'closed' };
  readonly #question = h('div', { class: 'asked' });
  readonly #before = h('div', { class: 'before' });
  readonly #body = h('div', { class: 'answer' });
  readonly #after = h('div', { class: 'after' });
  #exchange: Exchange;
  #position: Position = 'last';
  /** The answer while it is written. */
  #growing: GrowingAnswer | undefined;
  /** The frame in which what has come to it is drawn; 0 for none. */
  #frame = 0;

  constructor(exchange: Exchange, context: Context) {
    this.#exchange = exchange;
    this.#context = context;
    this.element = h(
      'article',
      { class: 'exchange', 'aria-label': visible(exchange.question) },
      this.#question,
      this.#before,
      this.#body,
      this.#after,
    );
    this.#showQuestion();
    this.#draw();
  }

  get exchange(): Exchange {
    return this.#exchange;
  }

  update(exchange: Exchange): void {
    this.#growing = undefined;
    this.#show(exchange);
  }

  #show(exchange: Exchange): void {
    const ended = unfinished(this.#exchange) && !unfinished(exchange);
    this.#exchange = exchange;
    this.#draw();
    if (ended) this.#announce();
  }

  place(position: Position): void {
    if (position === this.#position) return;
    this.#position = position;
    // What was asked before makes room for what is asked now.
    if (position === 'earlier') this.#unfolded.list = 'closed';
    this.#draw();
  }

  /** An event for an answer of `at` characters; `lost` where something before it never came. */
  follow(event: AnswerEvent, seconds: number, at: number): 'shown' | 'lost' {
    const before = this.#exchange;
    if (at !== before.text.length) return 'lost';
    const after = withEvent(before, event, seconds, this.#context.strings);
    if (event.kind === 'token') this.#growing?.append(fitting(at, event.text));
    if (event.kind !== 'token' || before.state.kind !== 'writing') {
      this.#show(after);
      return 'shown';
    }
    this.#exchange = after;
    if (this.#frame === 0) {
      this.#frame = requestAnimationFrame(() => {
        this.#drawGrowing();
      });
    }
    return 'shown';
  }

  edit(): void {
    const { strings, post } = this.#context;
    const { id, question } = this.#exchange;
    const editor = questionEditor(question, strings, {
      ask: (text) => {
        post({ kind: 'ask', question: text, replaces: id });
        this.#showQuestion();
      },
      cancel: () => {
        this.#showQuestion();
        this.#question.querySelector('button')?.focus();
      },
    });
    this.#question.replaceChildren(editor.element);
    editor.focus();
  }

  #showQuestion(): void {
    const { strings } = this.#context;
    const { question, scope, selection } = this.#exchange;
    const scoped = scopeText(scope, strings);
    const edit = iconButton('edit', strings.edit, () => {
      this.edit();
    });
    this.#question.replaceChildren(
      h(
        'div',
        { class: 'question' },
        h('h2', { class: 'unseen' }, strings.you),
        h('p', { dir: 'auto' }, visible(question)),
        edit,
      ),
      ...(selection ? [this.#selected(selection)] : []),
      ...(scoped ? [h('div', { class: 'asked-scope' }, icon('filter'), h('span', {}, visible(scoped)))] : []),
    );
  }

  #selected({ path, start, end }: PlacedLines): HTMLElement {
    const { strings, post } = this.#context;
    const place = `${visible(split(path).name)}:${rangeText(start, end)}`;
    const onclick = () => {
      post({ kind: 'open', path, start, end });
    };
    const title = fill(strings.attached, visible(path));
    return h(
      'button',
      { type: 'button', class: 'asked-scope', title, onclick },
      icon('list-selection'),
      h('span', {}, place),
    );
  }

  #draw(): void {
    const { state, partial } = this.#exchange;
    const list = rankedList(this.#exchange, this.#unfolded, this.#context);
    const evidence = evidenceView(this.#exchange, this.#evidence, this.#context);
    const before = [
      partial === undefined ? undefined : note('info', visible(partial)),
      evidence,
      list,
      this.#answeredBy(),
    ];
    keepFocus(this.#before, () => {
      reconcile(
        this.#before,
        before.filter((node) => node !== undefined),
      );
    });
    this.element.setAttribute('aria-busy', String(unfinished(this.#exchange)));
    this.#body.setAttribute('aria-live', unfinished(this.#exchange) ? 'off' : 'polite');
    this.element.dataset['state'] = state.kind;
    this.#drawBody();
  }

  /** Where text left the machine, that is said in words and not by an icon alone. */
  #answeredBy(): HTMLElement | undefined {
    const { model } = this.#exchange;
    const text = answeredBy(this.#exchange, this.#context.strings);
    if (!model || text === undefined) return undefined;
    const isAway = model.destination.kind === 'network' || model.destination.kind === 'editor';
    return note(isAway ? 'globe' : 'vm', visible(text), 'answered-by');
  }

  #drawBody(): void {
    const { text, state } = this.#exchange;
    if (unfinished(this.#exchange)) {
      if (!this.#growing) {
        this.#growing = new GrowingAnswer(this.#body, (drawn) => {
          finishRendered(drawn, this.#known(), this.#context);
        });
        this.#growing.append(text);
      }
      reconcile(this.#after, [...this.#notes(), ...this.#foot()]);
      this.#drawGrowing();
      return;
    }
    this.#growing = undefined;
    const sentences = state.kind === 'answered' ? state.sentences : [];
    const { nodes, cited } = shownAnswer(text, sentences, this.#known(), this.#context, (number) => {
      this.#after.querySelector<HTMLElement>(`[data-citation="${number}"]`)?.focus();
    });
    const list = citationList(cited, this.#context);
    const after = [...this.#notes(), ...(list ? [list] : []), ...this.#unsupported(), ...this.#foot()];
    if (state.kind === 'answered') {
      // Sentences and citations point at each other, so they are taken together.
      this.#body.replaceChildren(...nodes);
      this.#after.replaceChildren(...after);
    } else {
      reconcile(this.#body, nodes);
      reconcile(this.#after, after);
    }
    this.#grown();
  }

  /** Paths that the exchange speaks of. */
  #known(): Set<string> {
    const { ranked = [], read, evidence } = this.#exchange;
    return new Set([...ranked, ...(read?.places ?? []), ...(evidence?.items ?? [])].map(({ path }) => path));
  }

  /** Draws what has come to the answer since it was drawn last. */
  #drawGrowing(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#growing?.draw();
    this.#grown();
  }

  #grown(): void {
    this.element.dispatchEvent(new CustomEvent('grown', { bubbles: true }));
  }

  #notes(): Node[] {
    const { strings, post } = this.#context;
    const { state, read, evidence, id } = this.#exchange;
    const notes: Node[] = [];
    if (unfinished(this.#exchange) && 'message' in state) {
      notes.push(progressLine(state.message, 'percent' in state ? state.percent : undefined));
    }
    if (state.kind === 'stopped') notes.push(note('circle-slash', state.message));
    if (state.kind === 'failed' || state.kind === 'unknown') {
      const { kind, message, action } = state;
      const act = () => {
        post({ kind: 'act', action, exchange: id });
      };
      notes.push((kind === 'failed' ? failureNote : unknownNote)(visible(message), action, strings, act));
    }
    if (state.kind === 'answered' && state.ending === 'length') notes.push(note('info', strings.cut));
    if (state.kind === 'answered') {
      notes.push(...answerNotes(state, evidence, strings).map((text) => note('info', visible(text))));
    }
    if (read && read.stale > 0) {
      notes.push(note('history', read.stale === 1 ? strings.staleOne : fill(strings.staleCount, read.stale)));
    }
    return notes;
  }

  /** Said in words too: a dotted line is easily overlooked. */
  #unsupported(): Node[] {
    const { strings } = this.#context;
    const { state } = this.#exchange;
    if (state.kind !== 'answered') return [];
    const unsupported = state.sentences.filter(({ kind }) => kind === 'unsupported').length;
    if (unsupported === 0) return [];
    const text = unsupported === 1 ? strings.unsupportedOne : fill(strings.unsupportedCount, unsupported);
    return [note('warning', text, 'unsupported-count')];
  }

  #foot(): Node[] {
    const { strings, post } = this.#context;
    const { state, id, text } = this.#exchange;
    if (unfinished(this.#exchange)) return [];
    const tools: Node[] = [];
    if (text !== '') tools.push(copyButton(strings.copyAnswer, this.#context, { kind: 'copyAnswer', exchange: id }));
    if (this.#position === 'last' && !(state.kind === 'failed' && state.action === 'retry')) {
      tools.push(
        iconButton('refresh', strings.retry, () => {
          post({ kind: 'act', action: 'retry', exchange: id });
        }),
      );
    }
    if ('seconds' in state && state.seconds > 0) {
      const seconds = state.seconds < 10 ? state.seconds.toFixed(1) : state.seconds.toFixed(0);
      const title =
        state.kind === 'answered'
          ? fill(strings.elapsedTitle, state.seconds.toFixed(1), state.tokens, state.rate.toFixed(0))
          : undefined;
      tools.push(h('span', { class: 'elapsed', title }, fill(strings.elapsed, seconds)));
    }
    return tools.length === 0 ? [] : [h('footer', { class: 'foot' }, ...tools)];
  }

  #announce(): void {
    const { strings, announce } = this.#context;
    const { state } = this.#exchange;
    if (state.kind === 'answered') {
      const unsupported = state.sentences.filter(({ kind }) => kind === 'unsupported').length;
      announce(fill(strings.announceAnswer, state.sentences.length, unsupported));
    } else if ('message' in state) {
      announce(state.message);
    }
  }
}
