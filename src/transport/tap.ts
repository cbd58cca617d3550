import type { Address } from '../address.js';
import type { Lookup } from '../host-name.js';
import type { Packet } from '../packet.js';
import type { Share } from '../share.js';
import { checkHost } from './host.js';
import type { PeerPath, Route, Transport, TransportHost } from './transport.js';

/** Which way packets go. */
export type Direction = 'inbound' | 'outbound';

/** Is shown packets before they are passed on. It must not keep or change their bytes. */
export type PacketWatcher = (direction: Direction, packets: readonly Packet[]) => void;

/** Wraps a transport so that all of its packets are shown to a function. */
export function tapped(transport: Transport, watch: PacketWatcher): Transport {
  return new Tap(transport, watch);
}

class Tap implements Transport {
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
  readonly #watch: PacketWatcher;

  constructor(transport: Transport, watch: PacketWatcher) {
    this.#transport = transport;
    this.#watch = watch;
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
        this.#watch('inbound', packets);
        host.receive(packets);
      },
      unreachable: (...report) => host.unreachable(...report),
      packetTooBig: (report) => host.packetTooBig?.(report),
      portTaken: (destination) => host.portTaken?.(destination) === true,
      changed: (back) => host.changed(back),
      ending: () => host.ending?.(),
      ...(host.portsInUse && { portsInUse: () => host.portsInUse?.() ?? new Set() }),
    });
  }

  send(packets: readonly Packet[]): void {
    this.#watch('outbound', packets);
    this.#transport.send(packets);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}
