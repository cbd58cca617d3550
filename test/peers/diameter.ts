import type { Association } from '../../src/index.js';
import { HERE } from './network.js';

/** Commands of the base protocol (RFC 6733 §3.1). */
const NAMES = { 257: 'capabilities', 280: 'watchdog', 282: 'disconnect' } as const;
type Name = (typeof NAMES)[keyof typeof NAMES];

const SUCCESS = 2001;
const AVP = {
  hostIp: 257,
  productName: 269,
  resultCode: 268,
  hostIdentity: 264,
  realm: 296,
  disconnectCause: 273,
} as const;
const OTHER_AVP = { vendorId: 266, authApplication: 258 } as const;
const REQUEST = 0x80;
const MANDATORY = 0x40;
const HEADER_BYTES = 20;

/**
 * A Diameter node with the base protocol only (RFC 6733, RFC 3539): capabilities exchange, watchdogs and disconnection. It
 * answers the peer's watchdogs and counts them.
 */
export class DiameterNode {
  readonly association: Association;
  readonly #host: string;
  readonly #waiting = new Map<number, (resultCode: number) => void>();
  #next = 1;
  /** The number of answered requests of the peer. */
  readonly answered: Record<Name, number> = { capabilities: 0, watchdog: 0, disconnect: 0 };
  /** The payload protocol identifiers of the peer's messages. */
  readonly ppids = new Set<number>();
  /** Resolves when the association has ended gracefully. */
  readonly ended: Promise<void>;

  constructor(association: Association, host: string) {
    this.association = association;
    this.#host = host;
    this.ended = this.#receive();
  }

  /** Sends a request; resolves with the result code of its answer. */
  async request(name: Name): Promise<number> {
    const number = this.#next++;
    const result = new Promise<number>((resolve) => this.#waiting.set(number, resolve));
    await this.#send(name, REQUEST, number, this.#requestAvps(name));
    return result;
  }

  /** Resolves when it has answered the peer's capabilities exchange. */
  async introduced(): Promise<this> {
    while (this.answered.capabilities === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    return this;
  }

  async #receive(): Promise<void> {
    for await (const { data, ppid } of this.association) {
      this.ppids.add(ppid);
      const message = Buffer.from(data.buffer, data.byteOffset, data.length);
      if ((message[4]! & REQUEST) !== 0) await this.#answer(message);
      else this.#waiting.get(message.readUInt32BE(12))?.(resultCodeOf(message));
    }
  }

  async #answer(request: Buffer): Promise<void> {
    const name = NAMES[(request.readUInt32BE(4) & 0xffffff) as keyof typeof NAMES];
    const avps = [
      unsigned(AVP.resultCode, SUCCESS),
      ...(name === 'capabilities' ? this.#capabilities() : this.#origin()),
    ];
    await this.#send(name, 0, request.readUInt32BE(12), avps, request.readUInt32BE(16));
    this.answered[name]++;
  }

  #send(name: Name, flags: number, number: number, avps: Buffer[], endToEnd = number): Promise<void> {
    const header = Buffer.alloc(HEADER_BYTES);
    const length = avps.reduce((sum, avp) => sum + avp.length, HEADER_BYTES);
    header.writeUInt32BE((1 << 24) | length);
    header.writeUInt32BE(codeOf(name), 4);
    header[4] = flags;
    header.writeUInt32BE(number, 12);
    header.writeUInt32BE(endToEnd, 16);
    return this.association.send(Buffer.concat([header, ...avps]), { ppid: 46 }); // RFC 6733 §2.1.1
  }

  #requestAvps(name: Name): Buffer[] {
    if (name === 'capabilities') return this.#capabilities();
    const rebooting = unsigned(AVP.disconnectCause, 0);
    return name === 'disconnect' ? [...this.#origin(), rebooting] : this.#origin();
  }

  #origin(): Buffer[] {
    return [text(AVP.hostIdentity, this.#host), text(AVP.realm, 'test')];
  }

  #capabilities(): Buffer[] {
    const addresses = HERE.map((address) => avp(AVP.hostIp, Buffer.from([0, 1, ...address.split('.').map(Number)])));
    const relay = unsigned(OTHER_AVP.authApplication, 0xffff_ffff);
    const product = avp(AVP.productName, Buffer.from('usrsctp-wasm'), 0);
    return [...this.#origin(), ...addresses, unsigned(OTHER_AVP.vendorId, 0), product, relay];
  }
}

function codeOf(name: Name): number {
  return Number(Object.entries(NAMES).find(([, each]) => each === name)![0]);
}

function text(code: number, value: string): Buffer {
  return avp(code, Buffer.from(value));
}

function unsigned(code: number, value: number): Buffer {
  const data = Buffer.alloc(4);
  data.writeUInt32BE(value);
  return avp(code, data);
}

/** An attribute-value pair, padded to a multiple of 4 bytes (RFC 6733 §4.1). */
function avp(code: number, data: Buffer, flags: number = MANDATORY): Buffer {
  const bytes = Buffer.alloc(8 + Math.ceil(data.length / 4) * 4);
  bytes.writeUInt32BE(code);
  bytes.writeUInt32BE(((flags << 24) | (8 + data.length)) >>> 0, 4);
  data.copy(bytes, 8);
  return bytes;
}

function resultCodeOf(message: Buffer): number {
  for (let at = HEADER_BYTES; at < message.length; ) {
    const length = message.readUInt32BE(at + 4) & 0xffffff;
    if (message.readUInt32BE(at) === AVP.resultCode) return message.readUInt32BE(at + 8);
    at += Math.ceil(length / 4) * 4;
  }
  throw new Error('the answer has no result code');
}
