import type { Packet } from '../../src/packet.js';
import { type Conditions, type Host, Network, type NetworkOptions } from '../../src/simulated.js';
import { RecordingHost } from '../transport/contract.js';

/** A host that records the packets that arrive and their times, and can send. */
export class Listener extends RecordingHost {
  readonly times: number[] = [];
  readonly host: Host;
  readonly #network: Network;
  answer: ((packet: Packet) => void) | undefined;

  constructor(network: Network, host: Host) {
    super();
    this.#network = network;
    this.host = host;
  }

  override receive(packets: readonly Packet[]): void {
    super.receive(packets);
    for (const packet of packets) {
      this.times.push(this.#network.clock.now());
      this.answer?.(packet);
    }
  }

  /** The numbers that `send` wrote into the packets that have arrived. */
  get numbers(): number[] {
    return this.packets.map(({ bytes }) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0));
  }

  /** Sends a packet to an address, numbered in its first four bytes. */
  send(destination: string, number = 0, length = 100, port = 0): void {
    const source = this.host.transport.route?.(destination)?.source ?? this.host.addresses[0]!;
    this.host.transport.send([{ source, destination, port, trafficClass: 0, bytes: numbered(number, length) }]);
  }
}

export function numbered(number: number, length = 100): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, number);
  if (length >= 12) view.setUint32(8, 0xffff_ffff); // not 0, or else the network would write the correct checksum
  return bytes;
}

export async function listen(network: Network, host: Host): Promise<Listener> {
  const listener = new Listener(network, host);
  await host.transport.start(listener);
  return listener;
}

/** Two hosts with one address each. */
export async function pair(conditions: Conditions = {}, options: Partial<NetworkOptions> = {}) {
  const network = new Network({ seed: 1, conditions, ...options });
  const left = await listen(network, network.host('left', ['10.0.0.1']));
  const right = await listen(network, network.host('right', ['10.0.0.2']));
  return { network, left, right };
}

/** Sends many packets from left to right, one every `gapMs`, and waits until all have arrived or are lost. */
export async function stream(conditions: Conditions, count: number, gapMs: number, length = 100) {
  const all = await pair(conditions, { traceLength: 3 * count });
  for (let number = 0; number < count; number++) {
    all.left.send('10.0.0.2', number, length);
    if (gapMs > 0) await all.network.advance(gapMs);
  }
  await all.network.runUntilIdle();
  return all;
}
