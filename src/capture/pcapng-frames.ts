import type { Frame } from './pcap-frames.js';

/** Block types of draft-ietf-opsawg-pcapng §4. */
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const PACKET = 2; // obsolete
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const OPTION = { end: 0, comment: 1, interfaceName: 2, packetFlags: 2, timeResolution: 9 };
const LEAST_BLOCK_BYTES = 12;
const DIRECTIONS = [undefined, 'inbound', 'outbound', undefined] as const;

interface Interface {
  readonly linkType: number;
  readonly name: string | undefined;
  /** Ticks of its timestamps in a millisecond. */
  readonly perMs: number;
}

type Options = ReadonlyMap<number, Uint8Array>;

/** A block without its type and lengths. */
class Body {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #littleEndian: boolean;

  constructor(bytes: Uint8Array, littleEndian: boolean) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#littleEndian = littleEndian;
  }

  /** 0 beyond the end. */
  uint16(at: number): number {
    return at + 2 <= this.bytes.length ? this.#view.getUint16(at, this.#littleEndian) : 0;
  }

  uint32(at: number): number {
    return at + 4 <= this.bytes.length ? this.#view.getUint32(at, this.#littleEndian) : 0;
  }

  /** The flags of a packet (§4.3.1); their low two bits are the direction. */
  flagsOf(options: Options): number {
    const flags = options.get(OPTION.packetFlags);
    return flags === undefined ? 0 : new Body(flags, this.#littleEndian).uint32(0);
  }

  /** The options from `at` on. */
  options(at: number): Options {
    const options = new Map<number, Uint8Array>();
    for (let next = at; next + 4 <= this.bytes.length; ) {
      const [code, length] = [this.uint16(next), this.uint16(next + 2)];
      if (code === OPTION.end) break;
      if (!options.has(code)) options.set(code, this.bytes.subarray(next + 4, next + 4 + length));
      next += 4 + length + padding(length);
    }
    return options;
  }
}

/** The frames of a pcapng file; undefined if it isn't one. */
export function pcapngFrames(bytes: Uint8Array): Iterable<Frame> | undefined {
  return byteOrderOf(bytes) === undefined ? undefined : framesOf(bytes);
}

/** Whether the section that begins here is in little-endian order; undefined if none does. */
function byteOrderOf(bytes: Uint8Array): boolean | undefined {
  if (bytes.length < LEAST_BLOCK_BYTES + 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0) !== SECTION_HEADER) return undefined;
  return [true, false].find((littleEndian) => view.getUint32(8, littleEndian) === BYTE_ORDER_MAGIC);
}

function* framesOf(bytes: Uint8Array): Generator<Frame, void, undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let interfaces: Interface[] = [];
  let littleEndian = true;
  for (let at = 0; at + LEAST_BLOCK_BYTES <= bytes.length; ) {
    if (view.getUint32(at) === SECTION_HEADER) {
      const order = byteOrderOf(bytes.subarray(at));
      if (order === undefined) return;
      littleEndian = order;
      interfaces = []; // each section has interfaces of its own
    }
    const type = view.getUint32(at, littleEndian);
    const length = view.getUint32(at + 4, littleEndian);
    if (length < LEAST_BLOCK_BYTES || length % 4 !== 0 || at + length > bytes.length) return;
    const body = new Body(bytes.subarray(at + 8, at + length - 4), littleEndian);
    if (type === INTERFACE_DESCRIPTION) interfaces.push(interfaceOf(body));
    const frame = frameOf(type, body, interfaces);
    if (frame) yield frame;
    at += length;
  }
}

function interfaceOf(body: Body): Interface {
  const options = body.options(8);
  const name = options.get(OPTION.interfaceName);
  const resolution = options.get(OPTION.timeResolution)?.[0] ?? 6;
  const perSecond = resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution;
  return { linkType: body.uint16(0), name: name && textOf(name), perMs: perSecond / 1e3 };
}

function frameOf(type: number, body: Body, interfaces: readonly Interface[]): Frame | undefined {
  if (type === SIMPLE_PACKET) {
    const [first] = interfaces;
    const length = Math.min(body.uint32(0), body.bytes.length - 4);
    return first && { timeMs: 0, linkType: first.linkType, bytes: body.bytes.subarray(4, 4 + length), ...named(first) };
  }
  if (type !== ENHANCED_PACKET && type !== PACKET) return undefined;
  const from = interfaces[type === PACKET ? body.uint16(0) : body.uint32(0)];
  const length = body.uint32(12);
  if (from === undefined || 20 + length > body.bytes.length) return undefined;
  const options = body.options(20 + length + padding(length));
  const comment = options.get(OPTION.comment);
  const direction = DIRECTIONS[body.flagsOf(options) & 3];
  return {
    timeMs: (body.uint32(4) * 2 ** 32 + body.uint32(8)) / from.perMs,
    linkType: from.linkType,
    bytes: body.bytes.subarray(20, 20 + length),
    ...named(from),
    ...(direction && { direction }),
    ...(comment && { comment: textOf(comment) }),
  };
}

function named({ name }: Interface): { interfaceName?: string } {
  return name === undefined ? {} : { interfaceName: name };
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function padding(length: number): number {
  return -length & 3;
}
