import { bytes, find } from './dom.js';
import type { Conditions } from './link.js';
import type { LinkSample } from './protocol.js';

/** The state of a path, and the controls of its link. */
export class Card {
  readonly #root: HTMLElement;
  readonly #number: number;
  readonly #button: HTMLButtonElement;
  #isCut = false;

  /** `set` is called with the conditions that the user chooses. */
  constructor(link: number, delayMs: number, set: (conditions: Partial<Conditions>) => void) {
    const copy = document.importNode(find<HTMLTemplateElement>('#path').content, true);
    this.#root = find('article', copy);
    this.#number = link + 1;
    this.#root.classList.add(`link-${link}`);
    this.#root.id = `path-${this.#number}`;
    find('.name', this.#root).textContent = `Path ${this.#number}`;
    this.#button = find<HTMLButtonElement>('.cut', this.#root);
    this.#button.setAttribute('aria-keyshortcuts', String(this.#number));
    this.#button.addEventListener('click', () => {
      this.#isCut = !this.#isCut;
      this.#label();
      set({ isCut: this.#isCut });
    });
    this.#slider('.delay', delayMs, 'ms', (value) => set({ delayMs: value }));
    this.#slider('.loss', 0, '%', (value) => set({ loss: value / 100 }));
    this.#label();
    find('#paths').append(copy);
  }

  /** Cuts the path, or restores it. */
  toggle(): void {
    this.#button.click();
  }

  update({ path, isBusy, bytes: carried }: LinkSample): void {
    if (path === undefined) return;
    const { address, local, state, primary, cwnd, srttMs, rtoMs, mtu } = path;
    const badge = find('.badge', this.#root);
    const text = state === 'active' && isBusy ? 'active · in use' : state;
    if (badge.textContent !== text) badge.textContent = text;
    badge.className = `badge ${state === 'active' ? 'is-good' : state === 'inactive' ? 'is-bad' : ''}`;
    const family = address.includes(':') ? 'IPv6' : 'IPv4';
    find('.ends', this.#root).textContent = `${family} · ${local ?? '–'} → ${address}${primary ? ' · primary' : ''}`;
    find('.cwnd', this.#root).textContent = bytes(cwnd);
    find('.srtt', this.#root).textContent = srttMs > 0 ? `${srttMs} ms` : '–';
    find('.rto', this.#root).textContent = rtoMs > 0 ? `${rtoMs} ms` : '–';
    find('.mtu', this.#root).textContent = bytes(mtu);
    find('.bytes', this.#root).textContent = bytes(carried);
  }

  #label(): void {
    this.#button.textContent = `${this.#isCut ? 'Restore' : 'Cut'} path ${this.#number}`;
    this.#button.classList.toggle('restores', this.#isCut);
  }

  #slider(selector: string, start: number, unit: string, set: (value: number) => void): void {
    const input = find<HTMLInputElement>(selector, this.#root);
    const output = find(`${selector}-now`, this.#root);
    const show = () => {
      output.textContent = `${input.value} ${unit}`;
    };
    input.value = String(start);
    input.addEventListener('input', () => {
      show();
      set(Number(input.value));
    });
    show();
  }
}
