import type { Context } from './context.ts';
import { h, icon, iconButton } from './dom.ts';

/** Milliseconds for which a copy button shows that it has copied. */
const SHOWN = 1_500;

/** Puts a code block in a frame with its language and two buttons. `code` is the text as the model wrote it. */
export function framed(pre: HTMLPreElement, context: Context): HTMLElement {
  const { strings, post } = context;
  const inner = pre.querySelector('code');
  const code = (inner ?? pre).textContent.replace(/\n$/, '');
  const language = /\blanguage-([\w+#.-]{1,20})/.exec(inner?.className ?? '')?.[1];
  pre.tabIndex = 0;
  pre.setAttribute('aria-label', language ? `${strings.code}: ${language}` : strings.code);
  pre.setAttribute('role', 'region');
  pre.dir = 'ltr';
  const frame = h(
    'div',
    { class: 'code-block' },
    h('div', { class: 'code-tools' }, copyButton(strings.copyCode, context, { kind: 'copy', text: code })),
  );
  frame.querySelector('.code-tools')?.append(
    iconButton('insert', strings.insertCode, () => {
      post({ kind: 'insert', text: code });
    }),
  );
  pre.replaceWith(frame);
  frame.prepend(pre);
  return frame;
}

/** Sends a message that copies something, and shows for a moment that it did. */
export function copyButton(
  label: string,
  { strings, post, announce }: Context,
  message: Parameters<Context['post']>[0],
): HTMLButtonElement {
  const button = iconButton('copy', label, () => {
    post(message);
    announce(strings.copied);
    button.replaceChildren(icon('check'));
    setTimeout(() => {
      button.replaceChildren(icon('copy'));
    }, SHOWN);
  });
  return button;
}
