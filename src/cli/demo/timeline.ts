import type { Address } from '../../index.js';
import { bold, dim, green, type Paint, yellow } from '../terminal.js';
import { say } from './page.js';

interface Arrival {
  readonly atMs: number;
  readonly address: Address;
}

const SLOTS = 92;
const SHORTEST_SLOT_MS = 25;
const MARKS: readonly { readonly mark: string; readonly paint: Paint }[] = [
  { mark: '█', paint: green },
  { mark: '▒', paint: yellow },
];
const NOTHING = '·';

/** Records when messages arrived and over which path, and shows it as a row of marks. */
export class Timeline {
  readonly #arrivals: Arrival[] = [];

  add(atMs: number, address: Address): void {
    this.#arrivals.push({ atMs, address });
  }

  /** The source address of the first messages after a time. */
  firstAfter(atMs: number): Address | undefined {
    return this.#arrivals.find((arrival) => arrival.atMs > atMs)?.address;
  }

  /** When the first messages from an address arrived after a time. */
  firstBy(address: Address, afterMs: number): number | undefined {
    return this.#arrivals.find((arrival) => arrival.atMs > afterMs && arrival.address === address)?.atMs;
  }

  /** Shows a period, with a caret at the time of the cut. */
  show(addresses: readonly Address[], fromMs: number, doneAtMs: number, untilMs: number): void {
    const slotMs = Math.max(SHORTEST_SLOT_MS, Math.ceil((untilMs - fromMs) / SLOTS));
    const count = Math.ceil((untilMs - fromMs) / slotMs);
    const slots = new Array<Address | undefined>(count).fill(undefined);
    for (const { atMs, address } of this.#arrivals) {
      const slot = Math.floor((atMs - fromMs) / slotMs);
      if (slot >= 0 && slot < count) slots[slot] = address;
    }
    const caret = Math.floor((doneAtMs - fromMs) / slotMs);
    say(slots.map((address) => shown(addresses, address)).join(''));
    say(`${' '.repeat(caret)}${bold('▲')} ${dim('cut')}`);
    const legend = addresses.map((address) => `${shown(addresses, address)} ${dim(`by ${address}`)}`);
    say(`${dim('answers')}    ${legend.join('    ')}    ${dim(`${NOTHING} none    (a mark is ${slotMs} ms)`)}`);
  }
}

function shown(addresses: readonly Address[], address: Address | undefined): string {
  const style = address === undefined ? undefined : MARKS[addresses.indexOf(address)];
  return style ? style.paint(style.mark) : dim(NOTHING);
}
