/** Elements, made without markup: Trusted Types forbid it, and nothing here needs it. */

export type Child = Node | string | null;

/**
 * Make an element.
 *
 * @param attributes their values; `true` sets an attribute without a value, `false` and `null` leave it out
 */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string | boolean | null> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...present(children));
  return element;
}

/** Make a paragraph. */
export function p(text: string, style = ""): HTMLParagraphElement {
  return el("p", { class: style || null }, text);
}

/** Make a button. `style` is one of the classes of page.css: primary, quiet, danger. */
export function button(label: string, style: string, press: () => void): HTMLButtonElement {
  const made = el("button", { type: "button", class: `button ${style}` }, label);
  made.addEventListener("click", press);
  return made;
}

/** Make a link that opens a tab of its own and tells the other site nothing. */
export function outwardLink(url: string, label: string, note: string): HTMLAnchorElement {
  const hidden = el("span", { class: "unseen" }, ` ${note}`);
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label, hidden);
}

/** Make something that opens: a summary and what is behind it. */
export function expander(summary: string, ...children: Child[]): HTMLDetailsElement {
  return el("details", {}, el("summary", {}, summary), ...children);
}

/** Make a box that stands out. */
export function box(style: string, ...children: Child[]): HTMLDivElement {
  return el("div", { class: `box ${style}` }, ...children);
}

/** Make a list. */
export function list(...items: string[]): HTMLUListElement {
  return el("ul", { class: "plain" }, ...items.map((item) => el("li", {}, item)));
}

/** Put other children into an element. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...present(children));
}

function present(children: Child[]): (Node | string)[] {
  return children.filter((child) => child !== null);
}
