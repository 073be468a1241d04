/**
 * Attributes of an element; functions are listeners of the event that follows `on`, `false` and undefined leave one
 * out.
 */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>;
export type Child = Node | string | undefined;

/** An element with attributes and children. Text is always text, never markup. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** An icon of VS Code's own font. It is never the only name of a control. */
export function icon(name: string, ...more: readonly string[]): HTMLElement {
  return h('span', { class: ['codicon', `codicon-${name}`, ...more].join(' '), 'aria-hidden': 'true' });
}

/** A button that is an icon alone; its label is read aloud and shown by the pointer. */
export function iconButton(name: string, label: string, onclick: (event: Event) => void): HTMLButtonElement {
  return h('button', { type: 'button', class: 'icon-button', title: label, 'aria-label': label, onclick }, icon(name));
}

/**
 * Makes the children of an element equal to `wanted`, and leaves those alone that are so already: a selection survives.
 *
 * @param from children before that one stay as they are
 */
export function reconcile(parent: Element, wanted: readonly Node[], from = 0): void {
  wanted.forEach((node, at) => {
    const there = parent.childNodes[from + at];
    if (!there) parent.append(node);
    else if (!there.isEqualNode(node)) there.replaceWith(node);
  });
  while (parent.childNodes.length > from + wanted.length) parent.lastChild?.remove();
}
