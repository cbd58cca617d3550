import type { Address } from '../address.js';
import { checkOptions } from '../arguments.js';
import type { PcapngWriter } from '../capture/pcapng.js';
import { type Clock, systemClock, wallTimeMs } from '../clock.js';
import type { Lookup } from '../host-name.js';
import type { Names } from '../nearest-name.js';
import type { Packet } from '../packet.js';
import type { Share } from '../share.js';
import { completePacket } from '../wire/crc32c.js';
import { checkHost } from './host.js';
import type { PeerPath, Route, Transport, TransportHost } from './transport.js';

/** Options of {@link capture}. */
export interface CaptureOptions {
  /** The name of the interface in the capture; `'sctp'` by default. */
  readonly name?: string;
  /** The clock for timestamps; by default the machine's, counted from 1970. */
  readonly clock?: Clock;
}

const CAPTURE_OPTIONS: Names<CaptureOptions> = { name: true, clock: true };

/**
 * Wraps a transport so that all of its packets are written into a capture.
 *
 * ```ts
 * const writer = new PcapngWriter();
 * const stack = await Stack.create({ transport: capture(udp(), writer, { name: 'client' }) });
 * // …
 * await writeFile('client.pcapng', writer.bytes());
 * ```
 */
export function capture(transport: Transport, writer: PcapngWriter, options: CaptureOptions = {}): Transport {
  checkOptions(options, CAPTURE_OPTIONS, 'capture');
  if (typeof transport?.send !== 'function') throw new TypeError('capture: give a transport, such as udp()');
  if (typeof writer?.addInterface !== 'function') throw new TypeError('capture: give a PcapngWriter');
  return new Capture(transport, writer, options);
}

class Capture implements Transport {
  declare readonly encapsulationPort?: number;
  declare readonly integrity?: boolean;
  declare readonly zeroChecksum?: boolean;
  declare readonly share?: Share;
  readonly route?: (destination: Address) => Route | undefined;
  readonly interfaceOf?: (address: Address) => string | undefined;
  readonly lookup?: Lookup;
  readonly useZone?: (destination: Address, zone: string) => boolean;
  readonly portBound?: (port: number) => void;
  readonly pathChanged?: (path: PeerPath) => void;
  readonly ref?: () => void;
  readonly unref?: () => void;
  readonly #transport: Transport;
  readonly #writer: PcapngWriter;
  readonly #interfaceId: number;
  readonly #now: () => number;

  constructor(transport: Transport, writer: PcapngWriter, { name = 'sctp', clock = systemClock }: CaptureOptions) {
    this.#transport = transport;
    this.#writer = writer;
    this.#interfaceId = writer.addInterface(name);
    this.#now = () => wallTimeMs(clock);
    if (transport.interfaceOf !== undefined) this.interfaceOf = (address) => transport.interfaceOf?.(address);
    if (transport.useZone !== undefined) {
      this.useZone = (destination, zone) => transport.useZone?.(destination, zone) === true;
    }
    if (transport.portBound !== undefined) this.portBound = (port) => transport.portBound?.(port);
    if (transport.pathChanged !== undefined) this.pathChanged = (path) => transport.pathChanged?.(path);
    if (transport.ref !== undefined) this.ref = () => transport.ref?.();
    if (transport.unref !== undefined) this.unref = () => transport.unref?.();
    if (transport.lookup !== undefined) this.lookup = (...question) => transport.lookup?.(...question);
    if (transport.route !== undefined) this.route = (destination) => transport.route?.(destination);
    for (const name of ['encapsulationPort', 'integrity', 'zeroChecksum', 'share'] as const) {
      if (name in transport) Object.defineProperty(this, name, { get: () => transport[name], enumerable: true });
    }
  }

  get addresses(): readonly Address[] {
    return this.#transport.addresses;
  }

  get mtu(): number {
    return this.#transport.mtu;
  }

  async start(host: TransportHost): Promise<void> {
    checkHost(host);
    return this.#transport.start({
      takesZeroChecksum: host.takesZeroChecksum === true,
      get isQuiet() {
        return host.isQuiet === true;
      },
      receive: (packets) => {
        this.#write('inbound', packets);
        host.receive(packets);
      },
      unreachable: (...report) => host.unreachable(...report),
      portTaken: (destination) => host.portTaken?.(destination) === true,
      changed: (back) => host.changed(back),
      ending: () => host.ending?.(),
      ...(host.portsInUse && { portsInUse: () => host.portsInUse?.() ?? new Set() }),
    });
  }

  send(packets: readonly Packet[]): void {
    this.#write('outbound', packets);
    this.#transport.send(packets);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  /** The local UDP port. If the transport doesn't have `port`, it is assumed to be the port at which it expects peers. */
  #ownPort(): number {
    const { port, encapsulationPort = 0 }: Transport & { readonly port?: unknown } = this.#transport;
    return typeof port === 'number' ? port : encapsulationPort;
  }

  #write(direction: 'inbound' | 'outbound', packets: readonly Packet[]): void {
    const timeMs = this.#now();
    const isOut = direction === 'outbound';
    for (const { port, bytes, ...packet } of packets) {
      const own = port === 0 ? 0 : this.#ownPort();
      const ports = { sourcePort: isOut ? own : port, destinationPort: isOut ? port : own };
      const datagram = { ...packet, ...ports, bytes: this.#completed(bytes) };
      this.#writer.add({ interfaceId: this.#interfaceId, timeMs, direction, datagram });
    }
  }

  /** Packets of a transport with `integrity` have no checksum. The capture has the correct one, for Wireshark. */
  #completed(bytes: Uint8Array): Uint8Array {
    if (this.#transport.integrity !== true) return bytes;
    const copy = bytes.slice();
    completePacket(copy);
    return copy;
  }
}
