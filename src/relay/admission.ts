import type { Clock } from '../clock.js';
import type { Datagram } from './datagrams.js';
import type { Destinations, Refusal } from './destinations.js';
import type { PortOwner, PortReservations } from './port-reservations.js';
import type { SctpSummary } from './sctp.js';
import type { UdpEndpoint } from './udp-endpoint.js';

export interface AdmissionParts {
  readonly owner: PortOwner;
  readonly locals: readonly UdpEndpoint[];
  readonly destinations: Destinations;
  readonly ports: PortReservations;
  readonly clock: Clock;
  /** Called when {@link Admission.nextExpiryMs} may have become earlier. */
  changed(): void;
}

const ENDED: Refusal = { reason: 'limit', text: 'the session has ended' };

/** Decides which SCTP packets of a client, and for it, pass: by its destinations, associations and SCTP ports. */
export class Admission {
  readonly #parts: AdmissionParts;
  #hasEnded = false;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** When SCTP ports must be given back next. */
  get nextExpiryMs(): number {
    return this.#parts.destinations.associations.nextExpiryMs;
  }

  /** Why a packet of the client isn't sent; `undefined` if it is. `crowded`: it is an INIT, and must {@link wait}. */
  outbound(datagram: Datagram, packet: SctpSummary, nowMs: number): Refusal | 'crowded' | undefined {
    return this.#parts.destinations.outbound(datagram.peer, packet, nowMs) ?? this.#begin(datagram, packet, nowMs);
  }

  /** Calls `settle` when an INIT may be sent, or with the reason why it isn't. */
  wait(datagram: Datagram, packet: SctpSummary, settle: (refusal: Refusal | undefined, nowMs: number) => void): void {
    const { destinations, clock } = this.#parts;
    destinations.wait(datagram.peer, (refusal) => {
      const nowMs = clock.now();
      const late = refusal ?? (this.#hasEnded ? ENDED : undefined);
      settle(late ?? this.#begin(datagram, packet, nowMs), nowMs);
    });
  }

  /** Notes a packet that is sent, and reserves its SCTP port; or says why it isn't sent. */
  #begin({ local, peer }: Datagram, packet: SctpSummary, nowMs: number): Refusal | undefined {
    const { destinations, ports, owner, locals } = this.#parts;
    const at = locals[local]?.address ?? '';
    const { sourcePort } = packet;
    if (!ports.isFree(owner, at, sourcePort, peer.address)) {
      const text = `another client of this relay uses SCTP port ${sourcePort} towards ${peer.address}`;
      return { reason: 'taken', text };
    }
    const association = destinations.sent(peer, packet, nowMs);
    if (association === undefined) return undefined;
    if ('reason' in association) return association;
    ports.reserve(owner, at, sourcePort, peer.address, association);
    if (association.state !== 'open') this.#parts.changed();
    return undefined;
  }

  /** Whether a packet belongs to an association of this client, or may begin one because the client listens. */
  isExpected({ local, peer }: Datagram, packet: SctpSummary, nowMs: number): boolean {
    const { destinations, ports, owner, locals } = this.#parts;
    if (packet.isInit) return ports.isFree(owner, locals[local]?.address ?? '', packet.destinationPort, peer.address);
    const association = destinations.received(peer, packet, nowMs);
    if (association === undefined) return false;
    if (packet.isEnd && association.state === 'closed') {
      ports.release(association); // The peer knows it no longer, so its port is free at once.
      this.#parts.changed();
    }
    return true;
  }

  /** Gives back the SCTP ports of associations that are over. */
  expire(nowMs: number): void {
    const { destinations, ports } = this.#parts;
    for (const each of destinations.associations.expire(nowMs)) ports.release(each);
  }

  /** Gives back all SCTP ports. Returns whether peers may go on sending. */
  end(): boolean {
    const { destinations, ports } = this.#parts;
    this.#hasEnded = true;
    const areAlive = destinations.associations.areAlive;
    for (const each of destinations.associations.clear()) ports.release(each);
    return areAlive;
  }
}
