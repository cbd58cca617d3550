import { find, svg } from './dom.js';
import type { PacketEvent } from './link.js';
import type { LinkSample } from './protocol.js';

/** How long a packet takes to cross the screen: slower than in reality, so that it can be seen. */
const CROSSING_MS = 900;
const MOST_PACKETS = 90;
/** Where on the link a packet is lost. */
const CUT_AT = 0.29;
const NODE = { width: 132, height: 56 };

interface ShownPacket {
  readonly circle: SVGCircleElement;
  readonly event: PacketEvent;
  readonly startMs: number;
}

/** A node of the map. */
interface Place {
  readonly title: string;
  readonly under: string;
}

/** The nodes of the map: the ends, and what is on each path between them. */
export interface Places {
  readonly client: string;
  readonly server: Place;
  readonly between: readonly Place[];
}

/** A map of both ends and the paths between them, with their packets. */
export class NetworkMap {
  readonly #root = find<SVGSVGElement>('#map');
  readonly #places: Places;
  readonly #shown = new Set<ShownPacket>();
  readonly #isStill: boolean;
  #lines: SVGPathElement[] = [];
  #curves: Curve[] = [];
  #notes: SVGTextElement[] = [];
  #scissors: SVGGElement[] = [];
  #packets: SVGGElement = svg('g');

  /** If `isStill`, packets aren't shown. */
  constructor(places: Places, isStill: boolean) {
    this.#isStill = isStill;
    this.#places = places;
    new ResizeObserver(() => this.#draw()).observe(this.#root);
    this.#draw();
  }

  seen(event: PacketEvent): void {
    const { link, kind } = event;
    if (this.#isStill || document.hidden || this.#shown.size >= MOST_PACKETS) return;
    const look = kind === 'data' ? `packet-${link}` : `packet-${kind}`;
    const circle = svg('circle', { r: kind === 'data' ? 5.5 : 4.5, class: look, opacity: 0 });
    this.#packets.append(circle);
    this.#shown.add({ circle, event, startMs: performance.now() });
  }

  update(links: readonly LinkSample[]): void {
    for (const [link, { isCut, path, isBusy }] of links.entries()) {
      const isActive = path?.state === 'active';
      const look = isCut || !isActive ? 'down' : isBusy ? 'busy' : 'idle';
      this.#lines[link]?.setAttribute('class', `line link-${link} ${look}`);
      this.#scissors[link]?.setAttribute('visibility', isCut ? 'visible' : 'hidden');
      const note = this.#notes[link];
      if (note === undefined) continue;
      note.textContent = isCut ? 'link cut' : isActive ? (isBusy ? 'in use' : 'standby') : 'inactive';
      note.setAttribute('class', `note ${look === 'down' ? 'is-down' : isBusy ? `in-use-${link}` : ''}`);
    }
  }

  /** Moves the packets. Must be called for each frame. */
  frame(): void {
    const now = performance.now();
    for (const packet of this.#shown) {
      const { circle, event, startMs } = packet;
      const line = this.#curves[event.link];
      const way = (now - startMs) / CROSSING_MS;
      if (line === undefined || way >= (event.isLost ? 0.72 : 1)) {
        circle.remove();
        this.#shown.delete(packet);
        continue;
      }
      const along = event.direction === 'out' ? way : 1 - way;
      const { x, y } = line.at(along);
      const isFalling = event.isLost && way > CUT_AT;
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
    this.#shown.clear();
    this.#lines = ys.map((y, link) => {
      const bend = (relays - left) / 2;
      const d = `M${left} ${middle} C${left + bend} ${middle} ${relays - bend} ${y} ${relays} ${y} S${right - bend} ${middle} ${right} ${middle}`;
      return svg('path', { d, class: `line link-${link} idle` });
    });
    this.#root.append(...this.#lines);
    this.#curves = this.#lines.map((line) => new Curve(line));
    this.#packets = svg('g');
    this.#scissors = ys.map((_, link) => this.#cross(link, CUT_AT));
    this.#root.append(this.#packets, ...this.#scissors);
    const { client, server, between } = this.#places;
    this.#root.append(this.#node(left, middle, node, client, narrow ? 'SCTP' : 'usrsctp in wasm'));
    this.#root.append(this.#node(right, middle, node, server.title, server.under));
    ys.forEach((y, link) => {
      const { title = '', under = '' } = between[link] ?? {};
      this.#root.append(this.#node(relays, y, node, title, under));
    });
    const noteX = relays + node.width / 2 + 12;
    this.#notes = ys.map((y) => svg('text', { x: noteX, y: y < middle ? y - 14 : y + 22, class: 'note' }));
    this.#root.append(...this.#notes);
  }

  #cross(link: number, along: number): SVGGElement {
    const { x = 0, y = 0 } = this.#curves[link]?.at(along) ?? {};
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

/** The points of an SVG path, computed once, because engines compute them on each call. */
class Curve {
  readonly #points: readonly DOMPoint[];

  constructor(path: SVGPathElement) {
    const total = path.getTotalLength();
    this.#points = Array.from({ length: STEPS + 1 }, (_, step) => path.getPointAtLength((step / STEPS) * total));
  }

  /** The point at a fraction of the length, 0 to 1. */
  at(along: number): { readonly x: number; readonly y: number } {
    return this.#points[Math.round(along * STEPS)] ?? { x: 0, y: 0 };
  }
}
