import { find, svg } from './dom.js';
import type { Sighting } from './lane.js';
import type { LaneSample } from './protocol.js';

/** How long a packet takes over the screen: slower than real, to be seen. */
const FLIGHT_MS = 900;
const MOST_PACKETS = 90;
/** Where on its way a cut packet is lost. */
const CUT_AT = 0.29;
const NODE = { width: 132, height: 56 };

interface Flight {
  readonly circle: SVGCircleElement;
  readonly sighting: Sighting;
  readonly startMs: number;
}

/** The browser, the relays, the server, and packets between them. */
export class Stage {
  readonly #root = find<SVGSVGElement>('#map');
  readonly #names: readonly string[];
  readonly #flights = new Set<Flight>();
  readonly #isStill: boolean;
  #cables: SVGPathElement[] = [];
  #curves: Curve[] = [];
  #notes: SVGTextElement[] = [];
  #scissors: SVGGElement[] = [];
  #packets: SVGGElement = svg('g');

  /** `isStill`: packets aren't shown. */
  constructor(names: readonly string[], isStill: boolean) {
    this.#isStill = isStill;
    this.#names = names;
    new ResizeObserver(() => this.#draw()).observe(this.#root);
    this.#draw();
  }

  seen(sighting: Sighting): void {
    const { lane, kind } = sighting;
    if (this.#isStill || document.hidden || this.#flights.size >= MOST_PACKETS) return;
    const look = kind === 'data' ? `packet-${lane}` : `packet-${kind}`;
    const circle = svg('circle', { r: kind === 'data' ? 5.5 : 4.5, class: look, opacity: 0 });
    this.#packets.append(circle);
    this.#flights.add({ circle, sighting, startMs: performance.now() });
  }

  update(lanes: readonly LaneSample[]): void {
    for (const [lane, { isCut, path, isBusy }] of lanes.entries()) {
      const isActive = path?.state === 'active';
      const look = isCut || !isActive ? 'down' : isBusy ? 'busy' : 'idle';
      this.#cables[lane]?.setAttribute('class', `cable lane-${lane} ${look}`);
      this.#scissors[lane]?.setAttribute('visibility', isCut ? 'visible' : 'hidden');
      const note = this.#notes[lane];
      if (note === undefined) continue;
      note.textContent = isCut ? 'cable cut' : isActive ? (isBusy ? 'in use' : 'standby') : 'inactive';
      note.setAttribute('class', `note ${look === 'down' ? 'is-down' : isBusy ? `in-use-${lane}` : ''}`);
    }
  }

  /** Moves the packets; to be called for each frame. */
  frame(): void {
    const now = performance.now();
    for (const flight of this.#flights) {
      const { circle, sighting, startMs } = flight;
      const cable = this.#curves[sighting.lane];
      const way = (now - startMs) / FLIGHT_MS;
      if (cable === undefined || way >= (sighting.isLost ? 0.72 : 1)) {
        circle.remove();
        this.#flights.delete(flight);
        continue;
      }
      const along = sighting.direction === 'out' ? way : 1 - way;
      const { x, y } = cable.at(along);
      const isFalling = sighting.isLost && way > CUT_AT;
      if (isFalling) circle.setAttribute('class', 'packet-lost');
      const fall = isFalling ? (way - CUT_AT) ** 2 * 260 : 0;
      circle.setAttribute('transform', `translate(${x} ${y + fall})`);
      circle.setAttribute('opacity', isFalling ? String(Math.max(0, 1 - (way - CUT_AT) / 0.44)) : '1');
    }
  }

  #draw(): void {
    const width = Math.max(320, this.#root.clientWidth);
    const height = 214;
    const narrow = width < 560;
    const node = { ...NODE, width: narrow ? 92 : NODE.width };
    const middle = height / 2;
    const [left, right, relays] = [node.width / 2 + 1, width - node.width / 2 - 1, width / 2];
    const ys = [middle - 70, middle + 70];
    this.#root.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#root.replaceChildren();
    this.#flights.clear();
    this.#cables = ys.map((y, lane) => {
      const bend = (relays - left) / 2;
      const d = `M${left} ${middle} C${left + bend} ${middle} ${relays - bend} ${y} ${relays} ${y} S${right - bend} ${middle} ${right} ${middle}`;
      return svg('path', { d, class: `cable lane-${lane} idle` });
    });
    this.#root.append(...this.#cables);
    this.#curves = this.#cables.map((cable) => new Curve(cable));
    this.#packets = svg('g');
    this.#scissors = ys.map((_, lane) => this.#cross(lane, CUT_AT));
    this.#root.append(this.#packets, ...this.#scissors);
    this.#root.append(this.#node(left, middle, node, 'this page', narrow ? 'SCTP' : 'usrsctp in wasm'));
    this.#root.append(this.#node(right, middle, node, 'server', narrow ? 'Node' : 'Node, UDP'));
    ys.forEach((y, lane) => {
      this.#root.append(this.#node(relays, y, node, `relay ${lane + 1}`, this.#names[lane] ?? ''));
    });
    const noteX = relays + node.width / 2 + 12;
    this.#notes = ys.map((y) => svg('text', { x: noteX, y: y < middle ? y - 14 : y + 22, class: 'note' }));
    this.#root.append(...this.#notes);
  }

  #cross(lane: number, along: number): SVGGElement {
    const { x = 0, y = 0 } = this.#curves[lane]?.at(along) ?? {};
    const group = svg('g', { class: 'scissors', visibility: 'hidden' });
    group.append(svg('path', { d: `M${x - 9} ${y - 9} L${x + 9} ${y + 9} M${x + 9} ${y - 9} L${x - 9} ${y + 9}` }));
    return group;
  }

  #node(x: number, y: number, { width, height }: typeof NODE, title: string, under: string): SVGGElement {
    const group = svg('g', { transform: `translate(${x} ${y})`, 'text-anchor': 'middle' });
    group.append(
      svg('rect', { x: -width / 2, y: -height / 2, width, height, rx: 12, class: 'node' }),
      svg('text', { y: -2, class: 'title' }, title),
      svg('text', { y: 16, class: 'under' }, under),
    );
    return group;
  }
}

const STEPS = 200;

/** A path's points, asked for once: engines compute them anew each time. */
class Curve {
  readonly #points: readonly DOMPoint[];

  constructor(path: SVGPathElement) {
    const total = path.getTotalLength();
    this.#points = Array.from({ length: STEPS + 1 }, (_, step) => path.getPointAtLength((step / STEPS) * total));
  }

  /** 0: its beginning, 1: its end. */
  at(along: number): { readonly x: number; readonly y: number } {
    return this.#points[Math.round(along * STEPS)] ?? { x: 0, y: 0 };
  }
}
