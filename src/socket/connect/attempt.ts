import type { Address } from '../../address.js';
import type { Path } from '../../association/paths/path.js';
import type { Setup } from '../../association/setup.js';
import { type ErrorCause, type ErrorCode, type InitAttempt, SctpError, type SctpErrorDetails } from '../../errors.js';
import type { Pump } from '../../stack/pump.js';
import { abortCauses, describeCauses } from '../../stack/socket/error-causes.js';
import type { Notification } from '../../stack/socket/notification.js';
import type { AttemptWatcher, ConnectAttempts, SetupChunk } from './attempts.js';
import type { Peer } from './peers.js';

/** What is known of one address. */
interface AttemptedAddress {
  readonly sentAtMs: number[];
  udpPort: number;
  answer: InitAttempt['answer'];
  /** Why the network refuses the address, in a sentence. */
  reason: string | undefined;
  isCookieEchoed: boolean;
}

/** What an attempt tells its owner. */
export interface AttemptOwner {
  /** The network refuses all addresses. */
  refused(): void;
  /** The network refuses the SCTP port. Returns whether another one is tried. */
  portTaken(): boolean;
}

/** The message of an error describes at most this many addresses. */
const MOST_DESCRIBED = 8;

/** What to check if the network refuses a peer. */
const ADVICE: Partial<Record<ErrorCode, string>> = {
  EACCES: 'ask whoever runs the firewall, or the relay, which forbids it',
  EPERM: 'a firewall forbids it',
  EADDRINUSE: 'another client of the relay uses the SCTP port: choose another one, or none',
  EHOSTUNREACH: 'is the host up, and is the address right?',
  ENETUNREACH: 'this host has no route there: see stack.addresses',
};

/**
 * Watches one set-up: which INITs were sent, what came back, and what the network reported, for the result or the error
 * of connectx.
 */
export class ConnectAttempt implements AttemptWatcher {
  readonly peers: readonly Peer[];
  readonly syscall: string;
  readonly #pump: Pump;
  readonly #attempts: ConnectAttempts;
  readonly #localPort: number;
  readonly #encapsulationPort: number | undefined;
  readonly #startedAt: number;
  /** For each of the peers. */
  readonly #tried: readonly AttemptedAddress[];
  readonly #owner: AttemptOwner;
  /** The causes in our last ABORT, by which the stack refused the peer's answer. An ABORT after a time-out has none. */
  #aborted: readonly ErrorCause[] | undefined;

  /** `startedAtMs`: when connectx was called. */
  constructor(
    pump: Pump,
    attempts: ConnectAttempts,
    peers: readonly Peer[],
    ports: { readonly local: number; readonly encapsulation: number | undefined },
    syscall: string,
    startedAtMs: number,
    owner: AttemptOwner,
  ) {
    this.peers = peers;
    this.syscall = syscall;
    this.#pump = pump;
    this.#attempts = attempts;
    this.#localPort = ports.local;
    this.#encapsulationPort = ports.encapsulation;
    this.#startedAt = startedAtMs;
    this.#tried = peers.map(() => ({
      sentAtMs: [],
      udpPort: 0,
      answer: undefined,
      reason: undefined,
      isCookieEchoed: false,
    }));
    this.#owner = owner;
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
    return this.peers.map(({ address }, index) => ({ address, sentAtMs: [...(this.#tried[index]?.sentAtMs ?? [])] }));
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
    if (!abort) {
      return this.#abortError() ?? this.#refusalError() ?? this.timeout(`no answer after ${inits(this.#initCount())}`);
    }
    const why = inBrackets(abort);
    if (this.#isCookieEchoed) {
      return this.error('ECONNRESET', `the peer aborted the association during its set-up${why}`, { abort });
    }
    const { port } = this.peers[0] ?? {};
    const nobody = `: nobody listens on SCTP port ${port} there`;
    return this.error('ECONNREFUSED', `the peer refused${why || nobody}`, { abort });
  }

  timeout(why: string): SctpError {
    const described = this.peers.slice(0, MOST_DESCRIBED).map((_, index) => this.#describe(index));
    const more = this.peers.length - described.length;
    if (more > 0) described.push(`and ${more} more: see \`attempts\``);
    return this.error('ETIMEDOUT', `${why}; tried ${described.join(', ')}${this.#hint()}`);
  }

  /** An error with the details of the set-up. */
  error(code: ErrorCode, message: string, details: SctpErrorDetails = {}): SctpError {
    const [first] = this.peers;
    return new SctpError(code, `${this.syscall}: ${message}`, {
      syscall: this.syscall,
      attempts: this.#attemptsMade,
      ...(first && { address: first.address, port: first.port }),
      ...details,
    });
  }

  sent({ peer, port, udpPort, chunk, bytes }: SetupChunk): void {
    const tried = this.#to(peer, port);
    if (!tried) return;
    this.#aborted = chunk === 'ABORT' ? abortCauses(bytes) : undefined;
    if (chunk === 'INIT') {
      tried.sentAtMs.push(this.elapsedMs);
      tried.udpPort = udpPort;
    }
    if (chunk === 'COOKIE ECHO') tried.isCookieEchoed = true;
  }

  arrived({ peer, port, chunk }: SetupChunk): void {
    const tried = this.#to(peer, port);
    if (tried && (chunk === 'INIT ACK' || chunk === 'ABORT')) tried.answer = chunk;
  }

  refused(destination: Address, code: ErrorCode, reason: string | undefined): void {
    const tried = this.#to(destination, this.peers[0]?.port);
    if (!tried) return;
    tried.answer = code;
    tried.reason = reason;
    this.changed();
  }

  portTaken(destination: Address): boolean {
    const tried = this.#to(destination, this.peers[0]?.port);
    return tried !== undefined && tried.sentAtMs.length > 0 && this.#owner.portTaken();
  }

  changed(): void {
    if (this.#refusalError()) this.#owner.refused();
  }

  #to(address: Address, port: number | undefined): AttemptedAddress | undefined {
    if (port !== this.peers[0]?.port) return;
    return this.#tried[this.peers.findIndex((peer) => peer.address === address)];
  }

  get #isCookieEchoed(): boolean {
    return this.#tried.some(({ isCookieEchoed }) => isCookieEchoed);
  }

  /** `attempts` of an error. */
  get #attemptsMade(): InitAttempt[] {
    return this.tried.map((attempt, index) => {
      const { udpPort = 0, answer } = this.#tried[index] ?? {};
      return { ...attempt, ...(udpPort > 0 && { encapsulationPort: udpPort }), ...(answer && { answer }) };
    });
  }

  /** Such as `192.0.2.1 (2 INITs to UDP port 9899, no answer)`. */
  #describe(index: number): string {
    const { sentAtMs = [], udpPort = 0, answer, isCookieEchoed } = this.#tried[index] ?? {};
    const address = this.peers[index]?.address;
    if (sentAtMs.length === 0) return `${address} (no INIT yet)`;
    const to = udpPort > 0 ? ` to UDP port ${udpPort}` : '';
    const came = isCookieEchoed ? 'INIT ACK came, COOKIE ECHO was not answered' : describeAnswer(answer);
    return `${address} (${inits(sentAtMs.length)}${to}, ${came})`;
  }

  /** A host that doesn't accept SCTP in UDP, such as Linux by default, answers with ICMP at most. */
  #hint(): string {
    if (this.#isCookieEchoed) return '; is the backlog of the listener full?';
    const port = this.peers[0]?.encapsulationPort ?? this.#encapsulationPort;
    return port === undefined || this.#initCount() === 0 ? '' : `; does the peer accept SCTP in UDP, on port ${port}?`;
  }

  /** The network's reason for not reaching an address; undefined if it may reach it. */
  #refusal(index: number): ErrorCode | undefined {
    const answer = this.#tried[index]?.answer;
    if (isReport(answer)) return answer;
    return this.#pump.interfaces.reaches(this.peers[index]?.address ?? '') ? undefined : 'ENETUNREACH';
  }

  #refusalError(): SctpError | undefined {
    const refusals = this.peers.map(({ address }, index) => {
      const reason = this.#tried[index]?.reason;
      return { address, code: this.#refusal(index), reason: reason === undefined ? '' : `, ${reason}` };
    });
    if (refusals.some(({ code }) => code === undefined)) return;
    const code = refusals[0]?.code ?? 'EHOSTUNREACH';
    const described = refusals.map((each) => `${each.address}: ${each.code}${each.reason}`).join('; ');
    return this.error(code, `the network refuses every address (${described})${this.#advice(code)}`);
  }

  #advice(code: ErrorCode): string {
    const udpPort = this.#tried[0]?.udpPort ?? 0;
    const isClosed = code === 'ECONNREFUSED' && udpPort > 0;
    const advice = isClosed ? `no program receives on UDP port ${udpPort} there` : ADVICE[code];
    return advice === undefined ? '' : `; ${advice}`;
  }

  #abortError(): SctpError | undefined {
    const abort = this.#aborted;
    if (!abort?.length) return;
    const what = "this end has aborted the set-up, because the peer's answer breaks the protocol";
    return this.error('ECONNABORTED', `${what}${inBrackets(abort)}`, { abort });
  }

  #initCount(): number {
    return this.#tried.reduce((count, { sentAtMs }) => count + sentAtMs.length, 0);
  }
}

/** Is it the network's report, and not the peer's answer? */
function isReport(answer: InitAttempt['answer']): answer is ErrorCode {
  return answer !== undefined && answer !== 'INIT ACK' && answer !== 'ABORT';
}

function describeAnswer(answer: InitAttempt['answer']): string {
  if (answer === undefined) return 'no answer';
  return isReport(answer) ? `the network reports ${answer}` : `${answer} came`;
}

function inits(count: number): string {
  return count === 1 ? '1 INIT' : `${count} INITs`;
}

function inBrackets(causes: readonly ErrorCause[]): string {
  const described = describeCauses(causes);
  return described ? ` (${described})` : '';
}
