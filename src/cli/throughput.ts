import { systemClock } from '../index.js';
import { formatRate } from './format.js';
import { plotLines } from './plot.js';
import type { Report } from './report.js';
import { dim } from './terminal.js';

const PLOT_LINES = 8;
const LABEL_COLUMNS = 14;

/** What is measured: bytes so far, and other figures for the output. */
export interface Figures {
  readonly bytes: number;
  readonly srttMs?: number;
  readonly retransmissions?: number;
}

/**
 * Tells the throughput at regular intervals. In a terminal, a plot is drawn anew each time; elsewhere each interval is a line, and
 * the plot comes at the end.
 */
export class ThroughputChart {
  readonly #report: Report;
  readonly #about: object;
  readonly #intervalMs: number;
  readonly #figures: () => Figures;
  readonly #rates: number[] = [];
  readonly #startedAt: number = systemClock.now();
  readonly #isLive: boolean;
  #last: { readonly atMs: number; readonly bytes: number };
  #drawn = 0;
  #cancel: () => void = () => {};

  /** `about`: fields of each event. `figures`: called after each interval. */
  constructor(report: Report, about: object, intervalMs: number, figures: () => Figures) {
    this.#report = report;
    this.#about = about;
    this.#intervalMs = Math.max(50, intervalMs);
    this.#figures = figures;
    this.#isLive = process.stdout.isTTY === true && !report.isJson;
    this.#last = { atMs: 0, bytes: figures().bytes };
    this.#next();
  }

  /** Ends it, with what was measured since the last interval if that is at least half of one. */
  end(): void {
    this.#cancel();
    if (systemClock.now() - this.#startedAt - this.#last.atMs >= this.#intervalMs / 2) this.#measure();
    if (!this.#isLive && !this.#report.isJson && this.#rates.length > 1)
      this.#report.event('plot', {}, ['', ...this.#plot()]);
  }

  #next(): void {
    this.#cancel = systemClock.schedule(this.#intervalMs, () => {
      this.#measure();
      this.#next();
    });
  }

  #measure(): void {
    const atMs = systemClock.now() - this.#startedAt;
    const { bytes, ...others } = this.#figures();
    const bitsPerSecond = (8000 * (bytes - this.#last.bytes)) / (atMs - this.#last.atMs);
    this.#rates.push(bitsPerSecond);
    this.#last = { atMs, bytes };
    const line = lineOf(atMs, bitsPerSecond, others);
    if (this.#isLive) this.#draw(line);
    else this.#report.event('interval', { ...this.#about, atMs, bytes, bitsPerSecond, ...others }, line);
  }

  /** Draws the plot over the last one. */
  #draw(line: string): void {
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A\x1b[J` : '';
    const lines = [...this.#plot(), line];
    this.#drawn = lines.length;
    process.stdout.write(`${up}${lines.join('\n')}\n`);
  }

  #plot(): string[] {
    const width = Math.min(100, process.stdout.columns || 80) - LABEL_COLUMNS;
    return plotLines(this.#rates, { height: PLOT_LINES, width, label: formatRate });
  }
}

function lineOf(atMs: number, bitsPerSecond: number, { srttMs, retransmissions }: Omit<Figures, 'bytes'>): string {
  const time = `${(atMs / 1000).toFixed(1)} s`.padStart(8);
  const remarks = [
    ...(srttMs === undefined ? [] : [`round trip ${srttMs} ms`]),
    ...(retransmissions === undefined ? [] : [`${retransmissions} retransmissions`]),
  ];
  return `${time}   ${formatRate(bitsPerSecond).padStart(12)}   ${dim(remarks.join(', '))}`.trimEnd();
}
