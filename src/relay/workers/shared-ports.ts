import type { Address } from '../../address.js';
import { keyOf, type PortOwner, PortReservations, type SctpPort, type SctpPorts } from '../port-reservations.js';
import type { RegistrationId } from './messages.js';

/** Requests and notifications to the primary process about SCTP ports. */
export interface PortsOfAllWorkers {
  /** Whether a port is a client's. */
  claim(registration: RegistrationId, port: SctpPort): Promise<boolean>;
  unclaim(registration: RegistrationId, port: SctpPort): void;
}

/** The most packets of a client that wait until the primary process says which client a port belongs to. */
const MOST_WAITING = 256;

interface Claimed {
  readonly registration: RegistrationId;
  readonly port: SctpPort;
}

interface Asked extends Claimed {
  readonly settle: ((isOwn: boolean) => void)[];
}

/**
 * The SCTP ports of a worker's clients. The primary process decides which client a port belongs to, once for each port and peer.
 * Which associations hold the port is known here.
 */
export class SharedPorts {
  readonly #all: PortsOfAllWorkers;
  readonly #local = new PortReservations((key) => this.#dropped(key));
  readonly #claimed = new Map<string, Claimed>();
  readonly #asked = new Map<string, Asked>();
  readonly #waiting = new Map<RegistrationId, number>();

  constructor(all: PortsOfAllWorkers) {
    this.#all = all;
  }

  /** The ports as the session of a client uses them. */
  of(registration: RegistrationId): SctpPorts {
    return {
      isKnown: (...port) => this.#isKnown(registration, ...port),
      claim: (owner, port, settle) => this.#claim(registration, owner, port, settle),
      isFree: (...port) => this.#local.isFree(...port),
      reserve: (...port) => this.#local.reserve(...port),
      release: (association) => this.#local.release(association),
    };
  }

  /** A port is a client's of another worker now, or of another client here. */
  revoked(registration: RegistrationId, { local, sctpPort, peer }: SctpPort): void {
    const key = keyOf(local, sctpPort, peer);
    if (this.#claimed.get(key)?.registration === registration) this.#claimed.delete(key);
  }

  #isKnown(registration: RegistrationId, owner: PortOwner, local: Address, sctpPort: number, peer: Address): boolean {
    const isOwn = this.#claimed.get(keyOf(local, sctpPort, peer))?.registration === registration;
    return isOwn || !this.#local.isFree(owner, local, sctpPort, peer);
  }

  #claim(registration: RegistrationId, owner: PortOwner, port: SctpPort, settle: (isOwn: boolean) => void): boolean {
    const { local, sctpPort, peer } = port;
    const key = keyOf(local, sctpPort, peer);
    if (this.#isKnown(registration, owner, local, sctpPort, peer)) {
      settle(this.#local.isFree(owner, local, sctpPort, peer));
      return true;
    }
    const waiting = this.#waiting.get(registration) ?? 0;
    if (waiting >= MOST_WAITING) return false;
    this.#waiting.set(registration, waiting + 1);
    const question = `${registration} ${key}`;
    const asked = this.#asked.get(question) ?? { registration, port, settle: [] };
    asked.settle.push(settle);
    if (asked.settle.length > 1) return true;
    this.#asked.set(question, asked);
    void this.#all
      .claim(registration, port)
      .catch(() => false)
      .then((isOwn) => this.#answered(question, key, asked, isOwn));
    return true;
  }

  #answered(question: string, key: string, { registration, port, settle }: Asked, isOwn: boolean): void {
    this.#asked.delete(question);
    const waiting = (this.#waiting.get(registration) ?? 0) - settle.length;
    if (waiting > 0) this.#waiting.set(registration, waiting);
    else this.#waiting.delete(registration);
    if (isOwn) this.#claimed.set(key, { registration, port });
    for (const each of settle) each(isOwn);
    if (isOwn && this.#local.ownerOf(port) === undefined) this.#dropped(key); // no packet was sent after all
  }

  /** No association holds the port any more. */
  #dropped(key: string): void {
    const claimed = this.#claimed.get(key);
    if (claimed === undefined) return;
    this.#claimed.delete(key);
    this.#all.unclaim(claimed.registration, claimed.port);
  }
}
