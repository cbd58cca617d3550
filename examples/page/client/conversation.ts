import type { Association } from 'usrsctp-wasm';

export type Load = 'off' | 'steady' | 'bulk';

/** An echoed text. */
export interface Echo {
  readonly text: string;
  readonly tripMs: number;
}

const TEXT = 0;
const LOAD = 1;
const LOADS = {
  off: { bytes: 0, everyMs: 0, atOnce: 0 },
  steady: { bytes: 900, everyMs: 12, atOnce: 500 },
  bulk: { bytes: 8000, everyMs: 4, atOnce: 40 },
} as const;
/** For how long after a cut an interruption is attributed to it. */
const WATCH_MS = 8000;

/** The messages that the server echoes: texts on stream 0, numbered messages on stream 1. */
export class Conversation {
  sent = 0;
  echoed = 0;
  /** The number of gaps in the sequence of echoed messages. */
  missing = 0;
  /** The longest time without an echo since the last cut, in ms; undefined before the first one. */
  silenceMs: number | undefined;
  load: Load = 'off';
  readonly #association: Association;
  readonly #waiting: { readonly text: string; readonly atMs: number; readonly resolve: (echo: Echo) => void }[] = [];
  #next = 0;
  #expected = 0;
  #heardAtMs = 0;
  #watchUntilMs = 0;

  constructor(association: Association) {
    this.#association = association;
  }

  /** Resolves when the server has echoed the text. */
  async say(text: string): Promise<Echo> {
    const echo = new Promise<Echo>((resolve) => this.#waiting.push({ text, atMs: performance.now(), resolve }));
    await this.#association.send(new TextEncoder().encode(text), { stream: TEXT });
    this.sent++;
    return echo;
  }

  /** Starts to measure the longest interruption, after a link was cut. */
  watch(): void {
    this.silenceMs = 0;
    this.#watchUntilMs = performance.now() + WATCH_MS;
  }

  /** Runs until the association ends. */
  async run(): Promise<void> {
    this.#tick();
    for await (const { stream, data } of this.#association) {
      this.#heard();
      this.echoed++;
      if (stream === TEXT) this.#answered(data);
      else this.#count(data);
    }
  }

  /** Sends the next message of the load, unless too many are in flight. */
  #tick(): void {
    if (this.#association.state !== 'open') return;
    const { bytes, everyMs, atOnce } = LOADS[this.load];
    if (bytes > 0 && this.sent - this.echoed < atOnce) {
      const message = new Uint8Array(bytes);
      new DataView(message.buffer).setUint32(0, this.#next++);
      this.sent++;
      this.#association.send(message, { stream: LOAD }).catch(() => {}); // The association has ended, which run() reports.
    }
    setTimeout(() => this.#tick(), everyMs || 50);
  }

  #heard(): void {
    const now = performance.now();
    if (now < this.#watchUntilMs) this.silenceMs = Math.max(this.silenceMs ?? 0, now - this.#heardAtMs);
    this.#heardAtMs = now;
  }

  #answered(data: Uint8Array): void {
    const { text, atMs, resolve } = this.#waiting.shift() ?? {};
    const same = new TextDecoder().decode(data);
    if (text !== same || atMs === undefined) this.missing++;
    resolve?.({ text: same, tripMs: performance.now() - (atMs ?? 0) });
  }

  #count(data: Uint8Array): void {
    const number = new DataView(data.buffer, data.byteOffset).getUint32(0);
    if (number !== this.#expected) this.missing++;
    this.#expected = number + 1;
  }
}
