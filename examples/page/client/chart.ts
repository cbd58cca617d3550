import { find } from './dom.js';
import type { History, Sample } from './history.js';

/** What a chart shows of a sample: a value for each lane. */
export interface Quantity {
  readonly id: 'rates' | 'cwnds' | 'srtts';
  /** The top of the scale is at least this. */
  readonly least: number;
  readonly text: (value: number) => string;
}

const MARGIN = { left: 58, right: 8, top: 8, bottom: 18 };
const TICK_MS = 10_000;

/** Lines over time, one for each lane. */
export class Chart {
  readonly #quantity: Quantity;
  readonly #history: History;
  readonly #canvas: HTMLCanvasElement;
  readonly #now: HTMLElement;

  constructor(quantity: Quantity, history: History) {
    this.#quantity = quantity;
    this.#history = history;
    this.#canvas = find<HTMLCanvasElement>(`#${quantity.id}`);
    this.#now = find(`#${quantity.id}-now`);
  }

  draw(nowMs: number): void {
    this.#tell();
    const { clientWidth, clientHeight } = this.#canvas;
    const scale = devicePixelRatio || 1;
    const [pixelsWide, pixelsHigh] = [Math.round(clientWidth * scale), Math.round(clientHeight * scale)];
    if (this.#canvas.width !== pixelsWide) this.#canvas.width = pixelsWide;
    if (this.#canvas.height !== pixelsHigh) this.#canvas.height = pixelsHigh;
    const context = this.#canvas.getContext('2d');
    if (context === null) return;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, clientWidth, clientHeight);
    new Drawing(context, this.#quantity, this.#history, nowMs, clientWidth, clientHeight).all();
  }

  /** The newest values, in words. */
  #tell(): void {
    const values = this.#history.samples.at(-1)?.[this.#quantity.id] ?? [];
    const words = values.map((value, lane) => {
      const word = document.createElement('b');
      word.className = `lane-${lane}`;
      word.textContent = `path ${lane + 1}: ${this.#quantity.text(value)}`;
      return word;
    });
    this.#now.replaceChildren(...words);
  }
}

/** One picture of a chart. */
class Drawing {
  readonly #context: CanvasRenderingContext2D;
  readonly #quantity: Quantity;
  readonly #history: History;
  readonly #samples: readonly Sample[];
  readonly #nowMs: number;
  readonly #width: number;
  readonly #height: number;
  readonly #top: number;
  readonly #style = getComputedStyle(document.documentElement);

  constructor(
    context: CanvasRenderingContext2D,
    quantity: Quantity,
    history: History,
    nowMs: number,
    width: number,
    height: number,
  ) {
    this.#context = context;
    this.#quantity = quantity;
    this.#history = history;
    this.#samples = history.samples.filter(({ atMs }) => atMs >= nowMs - history.spanMs - 500);
    this.#nowMs = nowMs;
    this.#width = width;
    this.#height = height;
    this.#top = niceTop(Math.max(quantity.least, ...this.#samples.flatMap((sample) => sample[quantity.id])) * 1.05);
  }

  all(): void {
    const { left, right, top, bottom } = MARGIN;
    this.#grid();
    this.#context.save();
    this.#context.beginPath();
    this.#context.rect(left, top - 4, this.#width - left - right, this.#height - top - bottom + 8);
    this.#context.clip();
    this.#marks();
    this.#line(1);
    this.#line(0);
    this.#context.restore();
  }

  #grid(): void {
    const context = this.#context;
    context.font = `11px ${this.#style.fontFamily}`;
    context.fillStyle = this.#colour('--soft');
    context.strokeStyle = this.#colour('--line');
    context.lineWidth = 1;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (const part of [0, 0.5, 1]) {
      const y = Math.round(this.#y(part * this.#top)) + 0.5;
      context.beginPath();
      context.moveTo(MARGIN.left, y);
      context.lineTo(this.#width - MARGIN.right, y);
      context.stroke();
      context.fillText(this.#quantity.text(part * this.#top), MARGIN.left - 8, y);
    }
    context.textAlign = 'center';
    context.textBaseline = 'alphabetic';
    const { spanMs } = this.#history;
    for (let agoMs = 0; agoMs < spanMs; agoMs += TICK_MS) {
      const text = agoMs === 0 ? 'now' : `−${agoMs / 1000} s`;
      context.fillText(text, Math.min(this.#x(this.#nowMs - agoMs), this.#width - 16), this.#height - 3);
    }
  }

  /** While a path isn't active its line is drawn faintly; a heartbeat may still be measured. */
  #line(lane: number): void {
    const context = this.#context;
    context.lineJoin = 'round';
    context.strokeStyle = this.#colour(`--lane-${lane}`);
    let isActive: boolean | undefined;
    context.beginPath();
    for (const sample of this.#samples) {
      const [x, y] = [this.#x(sample.atMs), this.#y(sample[this.#quantity.id][lane] ?? 0)];
      if (isActive === undefined) context.moveTo(x, y);
      else context.lineTo(x, y);
      if (isActive !== undefined && sample.active[lane] !== isActive) {
        this.#stroke(isActive);
        context.beginPath();
        context.moveTo(x, y);
      }
      isActive = sample.active[lane] ?? false;
    }
    this.#stroke(isActive ?? true);
  }

  #stroke(isActive: boolean): void {
    const context = this.#context;
    context.lineWidth = isActive ? 2 : 1.5;
    context.globalAlpha = isActive ? 1 : 0.55;
    context.setLineDash(isActive ? [] : [2, 4]);
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  /** What the user has done, and when a path was inactive. */
  #marks(): void {
    const context = this.#context;
    const [top, bottom] = [MARGIN.top, this.#height - MARGIN.bottom];
    this.#samples.forEach(({ atMs, active }, index) => {
      const next = this.#samples[index + 1]?.atMs ?? this.#nowMs;
      active.forEach((isActive, lane) => {
        if (isActive) return;
        context.fillStyle = this.#colour(`--lane-${lane}-wash`);
        context.fillRect(this.#x(atMs), top, this.#x(next) - this.#x(atMs), bottom - top);
      });
    });
    context.textAlign = 'left';
    for (const { atMs, lane, what } of this.#history.marks) {
      const x = Math.round(this.#x(atMs)) + 0.5;
      context.strokeStyle = context.fillStyle = this.#colour(what === 'cut' ? '--bad' : '--good');
      context.lineWidth = 1.5;
      context.beginPath();
      context.moveTo(x, top);
      context.lineTo(x, bottom);
      context.stroke();
      context.fillText(`${what === 'cut' ? 'cut' : 'healed'} ${lane + 1}`, x + 4, top + 9);
    }
  }

  #x(atMs: number): number {
    const inner = this.#width - MARGIN.left - MARGIN.right;
    return MARGIN.left + inner * (1 - (this.#nowMs - atMs) / this.#history.spanMs);
  }

  #y(value: number): number {
    return this.#height - MARGIN.bottom - (this.#height - MARGIN.top - MARGIN.bottom) * (value / this.#top);
  }

  #colour(name: string): string {
    return this.#style.getPropertyValue(name);
  }
}

/** The next of 1, 2, 4, 5, 10, 20, … */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return (([1, 2, 4, 5].find((step) => step * power >= value) ?? 10) as number) * power;
}
