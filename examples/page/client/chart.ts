import './language.js';

import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { find } from './dom.js';
import type { History, Sample } from './history.js';

/** What a chart shows: one value of each sample for each path. */
export interface Quantity {
  readonly id: 'rates' | 'cwnds' | 'srtts';
  /** The label of the y axis. */
  readonly label: string;
  /** The smallest maximum of the y axis. */
  readonly minTop: number;
  readonly text: (value: number) => string;
}

const PATHS = [0, 1];
const TICK_S = 10;
const FONT = '11px Inter, system-ui, sans-serif';

/** A quantity of both paths over the last seconds, drawn by uPlot. */
export class Chart {
  readonly #quantity: Quantity;
  readonly #history: History;
  readonly #plot: uPlot;
  readonly #caption: HTMLElement;
  #samples: readonly Sample[] = [];
  #nowMs = 0;

  constructor(quantity: Quantity, history: History) {
    this.#quantity = quantity;
    this.#history = history;
    this.#caption = find(`#${quantity.id}-now`);
    const root = find(`#${quantity.id}`);
    this.#plot = new uPlot(this.#options(root), [[]], root);
    new ResizeObserver(() => this.#plot.setSize(sizeOf(root))).observe(root);
  }

  draw(nowMs: number): void {
    const { spanMs, samples } = this.#history;
    this.#nowMs = nowMs;
    this.#samples = samples.filter(({ atMs }) => atMs >= nowMs - spanMs - 500);
    const times = this.#samples.map(({ atMs }) => this.#seconds(atMs));
    this.#plot.setData([times, ...PATHS.flatMap((path) => [this.#values(path, true), this.#values(path, false)])]);
    this.#showValues();
  }

  #options(root: HTMLElement): uPlot.Options {
    const { minTop, text, label } = this.#quantity;
    const spanS = this.#history.spanMs / 1000;
    const line = (path: number): uPlot.Series => ({ stroke: () => colour(`--link-${path}`), points: { show: false } });
    const axis: uPlot.Axis = {
      font: FONT,
      labelFont: FONT,
      labelSize: 16,
      stroke: () => colour('--soft'),
      grid: { stroke: () => colour('--line'), width: 1 },
      ticks: { show: false },
      gap: 6,
    };
    return {
      ...sizeOf(root),
      padding: [8, 12, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'charts' } },
      scales: {
        x: { time: false, range: [-spanS, 0] },
        y: { range: (_plot, _min, max) => [0, niceTop(Math.max(minTop, max ?? 0) * 1.05)] },
      },
      series: [
        {},
        // While a path is inactive, its line is drawn faintly: heartbeats may still be measured.
        ...PATHS.flatMap((path) => [
          { ...line(path), width: 2 },
          { ...line(path), width: 1.5, dash: [2, 4], alpha: 0.55 },
        ]),
      ],
      axes: [
        {
          ...axis,
          size: 20,
          grid: { show: false },
          splits: () => Array.from({ length: spanS / TICK_S }, (_, tick) => -tick * TICK_S).reverse(),
          values: (_plot, seconds) => seconds.map((each) => (each === 0 ? 'now' : `−${-each} s`)),
        },
        {
          ...axis,
          label,
          size: 56,
          splits: (_plot, _axis, _min, top) => [0, top / 2, top],
          values: (_plot, values) => values.map(text),
        },
      ],
      hooks: {
        drawClear: [(plot) => within(plot, () => this.#shadeInactive(plot))],
        draw: [(plot) => within(plot, () => this.#drawMarks(plot))],
        setCursor: [() => this.#showValues()],
      },
    };
  }

  /** The values while the path was active, or inactive. Each part includes the sample at which it ends, to be connected. */
  #values(path: number, active: boolean): (number | null)[] {
    return this.#samples.map((sample, index) => {
      const before = this.#samples[index - 1] ?? sample;
      const isShown = sample.active[path] === active || before.active[path] === active;
      return isShown ? (sample[this.#quantity.id][path] ?? 0) : null;
    });
  }

  /** Shows the values under the cursor, or else the newest ones, beside the title. */
  #showValues(): void {
    const index = this.#plot.cursor.idx ?? this.#samples.length - 1;
    const values = this.#samples[index]?.[this.#quantity.id] ?? [];
    const words = values.map((value, path) => {
      const word = document.createElement('b');
      word.className = `link-${path}`;
      word.textContent = `path ${path + 1}: ${this.#quantity.text(value)}`;
      return word;
    });
    this.#caption.replaceChildren(...words);
  }

  #shadeInactive({ ctx, bbox, valToPos }: uPlot): void {
    this.#samples.forEach(({ atMs, active }, index) => {
      const left = valToPos(this.#seconds(atMs), 'x', true);
      const right = valToPos(this.#seconds(this.#samples[index + 1]?.atMs ?? this.#nowMs), 'x', true);
      active.forEach((isActive, path) => {
        if (isActive) return;
        ctx.fillStyle = colour(`--link-${path}-wash`);
        ctx.fillRect(left, bbox.top, right - left, bbox.height);
      });
    });
  }

  /** Marks when the user has cut or restored a path. */
  #drawMarks({ ctx, bbox, valToPos }: uPlot): void {
    ctx.font = FONT.replace('11px', `${11 * devicePixelRatio}px`);
    ctx.textAlign = 'left';
    ctx.setLineDash([]);
    ctx.lineWidth = 1.5 * devicePixelRatio;
    for (const { atMs, link, what } of this.#history.marks) {
      const x = valToPos(this.#seconds(atMs), 'x', true);
      ctx.strokeStyle = ctx.fillStyle = colour(what === 'cut' ? '--bad' : '--good');
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      this.#drawLabel(ctx, `${what === 'cut' ? 'cut' : 'restored'} ${link + 1}`, x, bbox);
    }
  }

  /** Writes beside the line at `x`, to its left if there is no room to its right, and over whatever is drawn there. */
  #drawLabel(ctx: CanvasRenderingContext2D, text: string, x: number, { left, top, width }: uPlot.BBox): void {
    const [gap, height] = [4 * devicePixelRatio, 13 * devicePixelRatio];
    const textWidth = ctx.measureText(text).width;
    const start = x + gap + textWidth > left + width ? x - gap - textWidth : x + gap;
    const ink = ctx.fillStyle;
    ctx.fillStyle = colour('--surface');
    ctx.fillRect(start, top, textWidth, height);
    ctx.fillStyle = ink;
    ctx.fillText(text, start, top + 10 * devicePixelRatio);
  }

  /** Seconds before now, as a negative number. */
  #seconds(atMs: number): number {
    return (atMs - this.#nowMs) / 1000;
  }
}

/** Draws, clipped to the plotting area. */
function within({ ctx, bbox }: uPlot, draw: () => void): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw();
  ctx.restore();
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement): { width: number; height: number } {
  return { width: clientWidth, height: clientHeight };
}

/** The value of a CSS variable: it changes with the colour scheme. */
function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name);
}

/** The next of 1, 2, 4, 5, 10, 20, … */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 5].find((step) => step * power >= value) ?? 10) * power;
}
