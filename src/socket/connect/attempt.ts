import type { Address } from '../../address.js';
import type { Path } from '../../association/paths/path.js';
import type { Setup } from '../../association/setup.js';
import { type ErrorCause, type ErrorCode, type InitAttempt, SctpError, type SctpErrorDetails } from '../../errors.js';
import type { Pump } from '../../stack/pump.js';
import { abortCauses, describeCauses } from '../../stack/socket/error-causes.js';
import type { Notification } from '../../stack/socket/notification.js';
import type { AttemptWatcher, ConnectAttempts, SentChunk } from './attempts.js';
import type { Peer } from './peers.js';

/**
 * Watches one set-up: which INITs were sent, and what the network reported, for the result or the error of connectx.
 */
export class ConnectAttempt implements AttemptWatcher {
  readonly peers: readonly Peer[];
  readonly syscall: string;
  readonly #pump: Pump;
  readonly #attempts: ConnectAttempts;
  readonly #localPort: number;
  readonly #encapsulationPort: number | undefined;
  readonly #startedAt: number;
  /** When INITs were sent, in ms after the start, for each of the peers. */
  readonly #sent: number[][];
  #refusals: Map<Address, ErrorCode> | undefined;
  readonly #onRefused: () => void;
  #cookieEchoed = false;
  /** The causes in our last ABORT, by which the stack refused the peer's answer. An ABORT after a time-out has none. */
  #aborted: readonly ErrorCause[] | undefined;

  /** `startedAtMs`: when connectx was called. `onRefused` is called when the network has refused all addresses. */
  constructor(
    pump: Pump,
    attempts: ConnectAttempts,
    peers: readonly Peer[],
    ports: { readonly local: number; readonly encapsulation: number | undefined },
    syscall: string,
    startedAtMs: number,
    onRefused: () => void,
  ) {
    this.peers = peers;
    this.syscall = syscall;
    this.#pump = pump;
    this.#attempts = attempts;
    this.#localPort = ports.local;
    this.#encapsulationPort = ports.encapsulation;
    this.#startedAt = startedAtMs;
    this.#sent = peers.map(() => []);
    this.#onRefused = onRefused;
    attempts.add(ports.local, this);
  }

  /** Stops watching. */
  end(): void {
    this.#attempts.delete(this.#localPort, this);
  }

  /** The time since the start, in ms. */
  get elapsedMs(): number {
    return this.#pump.clock.now() - this.#startedAt;
  }

  get tried(): InitAttempt[] {
    return this.peers.map(({ address }, index) => ({ address, sentAtMs: [...(this.#sent[index] ?? [])] }));
  }

  /** The result, when the association is up with these paths. */
  setup(up: Notification & { type: 'association' }, paths: readonly Path[]): Setup {
    const listed = this.peers.map(({ address }) => address);
    const final = paths.map(({ address }) => address);
    return {
      tried: this.tried,
      confirmed: listed.filter((address) => final.includes(address)),
      dropped: listed.filter((address) => !final.includes(address)),
      added: final.filter((address) => !listed.includes(address)),
      streams: up.streams,
      features: up.features,
      elapsedMs: this.elapsedMs,
    };
  }

  /** The error when the stack has given up: after the peer's ABORT or its own, or because nobody answered. */
  failure(abort?: readonly ErrorCause[]): SctpError {
    if (!abort)
      return this.#abortError() ?? this.#refusalError() ?? this.timeout(`no answer after ${this.#initCount()} INITs`);
    const why = inBrackets(abort);
    if (this.#cookieEchoed) {
      return this.error('ECONNRESET', `the peer aborted the association during its set-up${why}`, { abort });
    }
    return this.error('ECONNREFUSED', `the peer refused${why || ': nobody listens there'}`, { abort });
  }

  timeout(why: string): SctpError {
    const tried = this.tried.map(({ address, sentAtMs }) => `${address} ${sentAtMs.length}×`).join(', ');
    return this.error('ETIMEDOUT', `${why}; tried ${tried}${this.#hint()}`);
  }

  /** A host that doesn't accept SCTP in UDP, such as Linux by default, answers with ICMP at most. */
  #hint(): string {
    const port = this.peers[0]?.encapsulationPort ?? this.#encapsulationPort;
    return port === undefined || this.#initCount() === 0 ? '' : `; does the peer accept SCTP in UDP, on port ${port}?`;
  }

  /** An error with the details of the set-up. */
  error(code: ErrorCode, message: string, details: SctpErrorDetails = {}): SctpError {
    const [first] = this.peers;
    return new SctpError(code, `${this.syscall}: ${message}`, {
      syscall: this.syscall,
      attempts: this.tried,
      ...(first && { address: first.address, port: first.port }),
      ...details,
    });
  }

  sent({ destination, port, chunk, bytes }: SentChunk): void {
    const index = this.peers.findIndex((peer) => peer.address === destination);
    if (index < 0 || port !== this.peers[0]?.port) return;
    this.#aborted = chunk === 'ABORT' ? abortCauses(bytes) : undefined;
    if (chunk === 'INIT') this.#sent[index]?.push(this.elapsedMs);
    if (chunk === 'COOKIE ECHO') this.#cookieEchoed = true;
  }

  refused(destination: Address, code: ErrorCode): void {
    if (!this.peers.some(({ address }) => address === destination)) return;
    this.#refusals ??= new Map();
    this.#refusals.set(destination, code);
    this.changed();
  }

  changed(): void {
    if (this.#refusalError()) this.#onRefused();
  }

  /** The network's reason for not reaching an address; undefined if it may reach it. */
  #refusal(address: Address): ErrorCode | undefined {
    return this.#refusals?.get(address) ?? (this.#pump.interfaces.reaches(address) ? undefined : 'ENETUNREACH');
  }

  #refusalError(): SctpError | undefined {
    const refusals = this.peers.map(({ address }) => ({ address, code: this.#refusal(address) }));
    if (refusals.some(({ code }) => code === undefined)) return;
    const code = refusals[0]?.code ?? 'EHOSTUNREACH';
    const told = refusals.map((each) => `${each.address}: ${each.code}`).join(', ');
    return this.error(code, `the network refuses every address (${told})`);
  }

  #abortError(): SctpError | undefined {
    const abort = this.#aborted;
    if (!abort?.length) return;
    const what = "this end has aborted the set-up, because the peer's answer breaks the protocol";
    return this.error('ECONNABORTED', `${what}${inBrackets(abort)}`, { abort });
  }

  #initCount(): number {
    return this.#sent.reduce((count, times) => count + times.length, 0);
  }
}

function inBrackets(causes: readonly ErrorCause[]): string {
  const told = describeCauses(causes);
  return told ? ` (${told})` : '';
}
