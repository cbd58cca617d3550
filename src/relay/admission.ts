import type { Clock } from '../clock.js';
import type { Datagram } from './datagrams.js';
import type { Destinations, Refusal } from './destinations.js';
import type { PortOwner, SctpPorts } from './port-reservations.js';
import type { SctpSummary } from './sctp.js';
import type { UdpEndpoint } from './udp-endpoint.js';

export interface AdmissionParts {
  readonly owner: PortOwner;
  readonly locals: readonly UdpEndpoint[];
  readonly destinations: Destinations;
  readonly ports: SctpPorts;
  readonly clock: Clock;
  /** Called when {@link Admission.nextExpiryMs} may have become earlier. */
  changed(): void;
}

/**
 * Why a packet waits. `crowded`: it is an INIT, and its destination leaves too many unanswered. `unclaimed`: the primary process must
 * tell first whose the SCTP port is.
 */
export type Wait = 'crowded' | 'unclaimed';

type Settle = (refusal: Refusal | undefined, nowMs: number) => void;

const ENDED: Refusal = { reason: 'limit', text: 'the session has ended' };
const CROWDED: Refusal = { reason: 'limit', text: 'too many packets wait for their SCTP ports' };

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

  /** Why a packet of the client isn't sent; `undefined` if it is. If it has to wait, {@link wait} must be called. */
  outbound(datagram: Datagram, packet: SctpSummary, nowMs: number): Refusal | Wait | undefined {
    const refusal = this.#parts.destinations.outbound(datagram.peer, packet, nowMs);
    if (refusal !== undefined) return refusal;
    return this.#isKnown(datagram, packet) ? this.#begin(datagram, packet, nowMs) : 'unclaimed';
  }

  /** Calls `settle` when a packet may be sent, or with the reason why it isn't. */
  wait(datagram: Datagram, packet: SctpSummary, why: Wait, settle: Settle): void {
    if (why === 'unclaimed') return this.#claim(datagram, packet, settle);
    const { destinations, clock } = this.#parts;
    destinations.wait(datagram.peer, (refusal) => {
      const late = refusal ?? (this.#hasEnded ? ENDED : undefined);
      if (late === undefined) this.#claim(datagram, packet, settle);
      else settle(late, clock.now());
    });
  }

  #isKnown({ local, peer }: Datagram, { sourcePort }: SctpSummary): boolean {
    const { ports, owner, locals } = this.#parts;
    return ports.isKnown(owner, locals[local]?.address ?? '', sourcePort, peer.address);
  }

  #claim(datagram: Datagram, packet: SctpSummary, settle: Settle): void {
    const { ports, owner, locals, clock } = this.#parts;
    const { sourcePort: sctpPort } = packet;
    const peer = datagram.peer.address;
    const isWaiting = ports.claim(owner, { local: locals[datagram.local]?.address ?? '', sctpPort, peer }, (isOwn) => {
      const nowMs = clock.now();
      if (this.#hasEnded) settle(ENDED, nowMs);
      else settle(isOwn ? this.#begin(datagram, packet, nowMs) : taken(sctpPort, peer), nowMs);
    });
    if (!isWaiting) settle(CROWDED, clock.now());
  }

  /** Notes a packet that is sent, and reserves its SCTP port; or says why it isn't sent. */
  #begin({ local, peer }: Datagram, packet: SctpSummary, nowMs: number): Refusal | undefined {
    const { destinations, ports, owner, locals } = this.#parts;
    const at = locals[local]?.address ?? '';
    const { sourcePort } = packet;
    if (!ports.isFree(owner, at, sourcePort, peer.address)) return taken(sourcePort, peer.address);
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

function taken(sctpPort: number, peer: string): Refusal {
  return { reason: 'taken', text: `another client of this relay uses SCTP port ${sctpPort} towards ${peer}` };
}
