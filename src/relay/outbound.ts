import type { Admission } from './admission.js';
import type { Datagram } from './datagrams.js';
import type { Refusal } from './destinations.js';
import { isTooLarge } from './packet-size.js';
import { inspectPacket } from './sctp.js';
import { Shaper, type SharedRate } from './shaper.js';
import type { Traffic } from './traffic.js';
import { OVERHEAD_BYTES, type UdpEndpoint } from './udp-endpoint.js';

/** The UDP addresses of one client. */
export interface Allocation {
  readonly locals: readonly UdpEndpoint[];
  /**
   * Sends from a local address. Returns false if the queue is full; otherwise calls `done` later, with whether the
   * system has taken the datagram.
   */
  send(local: number, peer: UdpEndpoint, bytes: Uint8Array, done: (isSent: boolean) => void): boolean;
  /** `isResting`: peers may go on sending to these addresses, so no other client must get them for a while. */
  close(isResting: boolean): void;
}

export interface OutboundParts {
  readonly allocation: Allocation;
  readonly admission: Admission;
  readonly traffic: Traffic<'out'>;
  readonly mtu: number;
  readonly bytesPerSecond: number;
  readonly totalRate: SharedRate;
  readonly nowMs: number;
  refused(peer: UdpEndpoint, refusal: Refusal, nowMs: number): void;
  relayed(nowMs: number): void;
}

/** The way of a client's datagrams to the network. */
export class Outbound {
  readonly #parts: OutboundParts;
  readonly #shaper: Shaper<Datagram>;

  constructor(parts: OutboundParts) {
    this.#parts = parts;
    this.#shaper = new Shaper(parts.bytesPerSecond, parts.totalRate, parts.nowMs, {
      send: (datagram, nowMs) => this.#emit(datagram, nowMs),
      dropped: (_datagram, reason) => parts.traffic.dropped(reason),
    });
  }

  send(datagram: Datagram, nowMs: number): void {
    const { allocation, admission, traffic, mtu } = this.#parts;
    const { local, peer, bytes } = datagram;
    traffic.arrived();
    const from = allocation.locals[local];
    const summary = inspectPacket(bytes);
    if (summary === undefined) return traffic.dropped('not_sctp');
    if (from === undefined || from.address.includes(':') !== peer.address.includes(':')) {
      return traffic.dropped('no_source');
    }
    if (isTooLarge(peer, bytes, mtu)) return traffic.dropped('too_large');
    const refusal = admission.outbound(datagram, summary, nowMs);
    if (refusal === 'crowded' || refusal === 'unclaimed') {
      admission.wait(datagram, summary, refusal, (late, atMs) => this.#admitted(datagram, late, atMs));
    } else this.#admitted(datagram, refusal, nowMs);
  }

  #admitted(datagram: Datagram, refusal: Refusal | undefined, nowMs: number): void {
    const { peer, bytes } = datagram;
    if (refusal === undefined) return this.#shaper.push(datagram, bytes.length + OVERHEAD_BYTES, nowMs);
    this.#parts.traffic.dropped('refused');
    this.#parts.refused(peer, refusal, nowMs);
  }

  end(): void {
    this.#parts.traffic.dropped('session_ended', this.#shaper.clear().length);
  }

  #emit({ local, peer, bytes }: Datagram, nowMs: number): void {
    const { allocation, traffic } = this.#parts;
    const isQueued = allocation.send(local, peer, bytes, (isSent) => {
      if (isSent) traffic.carried(1, bytes.length);
      else traffic.dropped('network');
    });
    if (isQueued) this.#parts.relayed(nowMs);
    else traffic.dropped('queue_full');
  }
}
