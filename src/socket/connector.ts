import { type Endpoint, familyOf } from '../address.js';
import { packStorage } from '../bridge/sockaddr.js';
import { SctpError } from '../errors.js';
import * as C from '../generated/constants.js';
import { sctp_initmsg, sctp_status, sctp_udpencaps } from '../generated/layouts.js';
import type { Pump } from '../stack/pump.js';
import type { Association, Setup } from './association.js';
import { Attempt } from './attempt.js';
import { portOf } from './binding.js';
import { networkOrder, type SocketConfig } from './config.js';
import { Waiter, type WaitOptions } from './deadline.js';
import type { Descriptor } from './descriptor.js';
import type { Notification } from './notification.js';
import type { Peer } from './peers.js';

/** How connectx waits. */
export interface ConnectOptions extends WaitOptions {
  /**
   * What an aborted `signal` does to the attempt. `abort` (default): ends it; the promise rejects with the signal's
   * reason. `detach`: lets it go on; the promise rejects with EINTR, and the socket emits `association` when it is up.
   */
  readonly onAbort?: 'abort' | 'detach';
}

/** Max.Init.Retransmits (RFC 9260 §16). */
const INIT_RETRANSMITS = 8;

interface Pending {
  readonly attempt: Attempt;
  readonly waiter: Waiter<Association>;
  readonly association: Association;
}

/** The set-ups that a socket has under way. */
export class Connector {
  readonly #pump: Pump;
  readonly #config: SocketConfig;
  readonly #pending = new Map<number, Pending>();

  constructor(pump: Pump, config: SocketConfig) {
    this.#pump = pump;
    this.#config = config;
  }

  /** On a one-to-many socket no two associations have an address of the peer in common. */
  checkUnconnected(
    descriptor: Descriptor,
    associations: ReadonlyMap<number, Association>,
    peers: readonly Peer[],
    syscall: string,
  ): void {
    for (const peer of peers) {
      const id = descriptor.call(syscall, (calls, handle) => calls.getassocid(handle, peer));
      if (id === 0) continue;
      const connecting = associations.get(id)?.state === 'connecting';
      throw new SctpError(
        connecting ? 'EALREADY' : 'EISCONN',
        `${syscall}: there is an association with ${peer.address} ${connecting ? 'being set up ' : ''}already`,
        { syscall, address: peer.address, port: peer.port },
      );
    }
  }

  /** usrsctp would send nothing, say nothing, and retry: EADDRNOTAVAIL, ENETUNREACH. */
  checkReachable(peers: readonly Peer[], bound: readonly Endpoint[] | undefined, syscall: string): void {
    const locals = this.#pump.interfaces.addresses(bound);
    const usable = peers.filter((peer) => locals.some((local) => familyOf(local) === familyOf(peer.address)));
    const [first] = peers;
    const details = { syscall, ...(first && { address: first.address, port: first.port }) };
    if (usable.length === 0) {
      throw new SctpError(
        'EADDRNOTAVAIL',
        `${syscall}: there is no local address of a family that the peer has`,
        details,
      );
    }
    if (usable.some((peer) => this.#pump.interfaces.reaches(peer.address))) return;
    throw new SctpError('ENETUNREACH', `${syscall}: the transport has no route to any of the addresses`, details);
  }

  /** Starts a set-up on a bound socket. `add` makes the association that gets this id. */
  connect(
    descriptor: Descriptor,
    peers: readonly Peer[],
    options: ConnectOptions,
    syscall: string,
    add: (id: number) => Association,
  ): Promise<Association> {
    this.#raiseAttempts(descriptor, peers.length);
    let fail = () => {};
    const attempt = new Attempt(this.#pump, peers, portOf(descriptor), syscall, () => fail());
    let id: number;
    try {
      id = this.#begin(descriptor, peers, syscall);
    } catch (error) {
      attempt.end();
      throw error;
    }
    const association = add(id);
    const waiter: Waiter<Association> = new Waiter(this.#pump.clock, options, syscall, (reason) =>
      this.#giveUp({ attempt, waiter, association }, reason, options),
    );
    this.#pending.set(id, { attempt, waiter, association });
    fail = () => this.#failed(id, attempt.failure());
    return waiter.promise;
  }

  /** Takes what concerns a set-up under way; false: it doesn't. */
  notified(notification: Notification & { type: 'association' }): boolean {
    const pending = this.#pending.get(notification.associationId);
    if (!pending) return false;
    const { attempt, waiter, association } = pending;
    if (notification.state === 'up') {
      this.#end(association.id);
      association.opened(attempt.setup(notification, association.readPaths()));
      waiter.resolve(association);
    } else if (notification.state !== 'restart') {
      this.#failed(association.id, attempt.failure(notification.abort));
    }
    return true;
  }

  /** The stack is dead. */
  fail(error: SctpError): void {
    for (const [id, { waiter }] of this.#pending) {
      this.#end(id);
      waiter.reject(error);
    }
  }

  /** What an accepted socket's association is. */
  status(descriptor: Descriptor): { id: number; streams: Setup['streams'] } {
    const status = descriptor.struct(C.SCTP_STATUS, sctp_status, {});
    return {
      id: status.sstat_assoc_id,
      streams: { inbound: status.sstat_instrms, outbound: status.sstat_outstrms },
    };
  }

  #end(id: number): void {
    this.#pending.get(id)?.attempt.end();
    this.#pending.delete(id);
  }

  #failed(id: number, error: SctpError): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#end(id);
    pending.association.cancel(error);
    pending.waiter.reject(error);
  }

  #giveUp({ attempt, association }: Pending, reason: unknown, { onAbort }: ConnectOptions): unknown {
    const late = reason instanceof SctpError && reason.code === 'ETIMEDOUT';
    this.#end(association.id);
    if (!late && onAbort === 'detach') {
      association.detach();
      return attempt.error('EINTR', 'interrupted; the set-up goes on');
    }
    const error = late ? attempt.timeout(reason.message.replace(/^ETIMEDOUT: /, '')) : undefined;
    association.cancel(error ?? attempt.error('ECONNRESET', 'the attempt was given up'));
    return error ?? reason;
  }

  /** One budget serves all addresses: without this the 10th and later would never be tried. */
  #raiseAttempts(descriptor: Descriptor, addresses: number): void {
    descriptor.setStruct(C.SCTP_INITMSG, sctp_initmsg, {
      sinit_num_ostreams: this.#config.outboundStreams,
      sinit_max_instreams: this.#config.inboundStreams,
      sinit_max_attempts: Math.max(INIT_RETRANSMITS, addresses),
    });
  }

  #begin(descriptor: Descriptor, peers: readonly Peer[], syscall: string): number {
    const [first] = peers;
    const details = first && { address: first.address, port: first.port };
    let id = 0;
    if (peers.every(({ encapsulationPort }) => encapsulationPort === undefined)) {
      descriptor.call(
        syscall,
        (calls, handle) => {
          const answer = calls.connectx(handle, peers);
          id = answer.id;
          return answer.result;
        },
        details,
      );
      return id;
    }
    return this.#beginEncapsulated(descriptor, peers, syscall);
  }

  /** Creates the association, tells where each address expects UDP, then sends INIT. */
  #beginEncapsulated(descriptor: Descriptor, peers: readonly Peer[], syscall: string): number {
    let id = 0;
    descriptor.call(syscall, (calls, handle) => {
      const answer = calls.connectxDelayed(handle, peers);
      id = answer.id;
      return answer.result;
    });
    for (const peer of peers) {
      if (peer.encapsulationPort === undefined) continue;
      descriptor.setStruct(C.SCTP_REMOTE_UDP_ENCAPS_PORT, sctp_udpencaps, {
        sue_address: packStorage(peer),
        sue_assoc_id: id,
        sue_port: networkOrder(peer.encapsulationPort),
      });
    }
    const [first] = peers;
    if (first) descriptor.setOption(C.SCTP_CONNECT_X_COMPLETE, packStorage(first));
    return id;
  }
}
