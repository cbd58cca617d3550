import { formatBytes, formatDuration, formatRate } from './format.js';

const REDRAW_MS = 100;
const BAR_COLUMNS = 24;
const PARTS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** How far something has come. */
export interface ProgressState {
  readonly label: string;
  readonly bytes: number;
  /** Undefined if it isn't known. */
  readonly total: number | undefined;
  readonly elapsedMs: number;
}

/**
 * A bar that shows how far a transfer has come, on a line of the terminal that is overwritten. Where the standard error isn't a
 * terminal, there is none.
 */
export class Progress {
  readonly #label: string;
  readonly #total: number | undefined;
  readonly #startedAt = performance.now();
  readonly #isShown: boolean;
  #bytes = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(label: string, total: number | undefined, isWanted: boolean) {
    this.#label = label;
    this.#total = total;
    this.#isShown = isWanted && process.stderr.isTTY === true;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (!this.#isShown || performance.now() - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = performance.now();
    const state = { label: this.#label, bytes: this.#bytes, total: this.#total, elapsedMs: this.elapsedMs };
    process.stderr.write(`\r\x1b[2K${progressLine(state, process.stderr.columns || 80)}`);
  }

  /** Removes the bar. */
  end(): void {
    if (this.#isShown) process.stderr.write('\r\x1b[2K');
  }
}

/** The line of a transfer, no longer than `columns`: with a bar and the remaining time if the total is known. */
export function progressLine({ label, bytes, total, elapsedMs }: ProgressState, columns: number): string {
  const perMs = elapsedMs > 0 ? bytes / elapsedMs : 0;
  const rate = formatRate(8000 * perMs);
  if (total === undefined) return cut(`${label}  ${formatBytes(bytes)}  ${rate}`, columns);
  const share = total === 0 ? 1 : Math.min(1, bytes / total);
  const left = perMs > 0 ? formatDuration((total - bytes) / perMs) : '–';
  const percent = `${Math.floor(100 * share)} %`.padStart(5);
  const figures = `${bar(share)} ${percent}  ${formatBytes(bytes)} of ${formatBytes(total)}  ${rate}  ${left}`;
  const room = columns - figures.length - 2;
  return cut(room < 8 ? figures : `${cut(label, room)}  ${figures}`, columns);
}

function bar(share: number): string {
  const eighths = Math.round(8 * BAR_COLUMNS * share);
  const text = '█'.repeat(eighths >> 3) + (PARTS[eighths & 7] ?? '');
  return text.padEnd(BAR_COLUMNS, '░');
}

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;
}
