/** Finds an element. Throws if there is none. */
export function find<E extends Element = HTMLElement>(selector: string, within: ParentNode = document): E {
  const element = within.querySelector<E>(selector);
  if (element === null) throw new Error(`there is no ${selector}`);
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

export function svg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | number>> = {},
  text = '',
): SVGElementTagNameMap[Name] {
  const element = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, String(value));
  element.textContent = text;
  return element;
}

/** Adds a line at the top of a log: time, text, and a value. */
export function log(list: HTMLElement, atMs: number, text: string, link: number | undefined, figure = ''): void {
  const line = document.createElement('li');
  const when = document.createElement('time');
  when.textContent = `${(atMs / 1000).toFixed(2)} s`;
  const what = document.createElement('span');
  what.textContent = text;
  const beside = document.createElement('b');
  beside.textContent = figure;
  if (link !== undefined) what.className = `link-${link}`;
  line.append(when, what, beside);
  list.prepend(line);
  while (list.childElementCount > 100) list.lastElementChild?.remove();
}

export function bytes(value: number): string {
  if (value < 10_000) return `${Math.round(value)} B`;
  return value < 1e6 ? `${Math.round(value / 1000)} kB` : `${(value / 1e6).toFixed(1)} MB`;
}
