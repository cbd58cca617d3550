import type { Address } from '../../address.js';
import { type ErrorCause, type ErrorCode, type InitAttempt, SctpError, type SctpErrorDetails } from '../../errors.js';
import type { Packet } from '../../packet.js';
import type { Pump } from '../../stack/pump.js';
import type { Notification } from '../notification.js';
import type { Path } from '../paths/path.js';
import type { Peer } from '../peers.js';
import { describeCauses } from './causes.js';
import type { Setup } from './setup.js';

const INIT = 1;
const COOKIE_ECHO = 10;
const COMMON_HEADER_BYTES = 12;

/** Watches one connectx: when INIT went where, what the network said, and so what the result or the error tells. */
export class Attempt {
  readonly peers: readonly Peer[];
  readonly syscall: string;
  readonly #pump: Pump;
  readonly #localPort: number;
  readonly #startedAt: number;
  readonly #sent: Map<Address, number[]>;
  readonly #refusals = new Map<Address, ErrorCode>();
  readonly #onRefused: () => void;
  #cookieEchoed = false;

  /** `onRefused` is called when the network has refused every one of the addresses. */
  constructor(pump: Pump, peers: readonly Peer[], localPort: number, syscall: string, onRefused: () => void) {
    this.peers = peers;
    this.syscall = syscall;
    this.#pump = pump;
    this.#localPort = localPort;
    this.#startedAt = pump.clock.now();
    this.#sent = new Map(peers.map(({ address }) => [address, []]));
    this.#onRefused = onRefused;
    pump.taps.add(this.#tap);
    pump.unreachable.add(this.#unreachable);
    pump.changed.add(this.#changed);
  }

  /** Stops watching. */
  end(): void {
    this.#pump.taps.delete(this.#tap);
    this.#pump.unreachable.delete(this.#unreachable);
    this.#pump.changed.delete(this.#changed);
  }

  /** Since its beginning, in ms. */
  get elapsedMs(): number {
    return this.#pump.clock.now() - this.#startedAt;
  }

  get tried(): InitAttempt[] {
    return [...this.#sent].map(([address, sentAtMs]) => ({ address, sentAtMs: [...sentAtMs] }));
  }

  /** What came of it, once the association is up with these paths. */
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

  /** The error when the stack has given up: because of the peer's ABORT, or because nobody answered. */
  failure(abort?: readonly ErrorCause[]): SctpError {
    if (!abort) return this.#refusalError() ?? this.timeout(`no answer after ${this.#initCount()} INITs`);
    const told = describeCauses(abort);
    const why = told ? ` (${told})` : '';
    return this.#cookieEchoed
      ? this.error('ECONNRESET', `the peer aborted the association during its set-up${why}`, { abort })
      : this.error('ECONNREFUSED', `the peer refused: nobody listens there${why}`, { abort });
  }

  timeout(why: string): SctpError {
    const tried = [...this.#sent].map(([address, times]) => `${address} ${times.length}×`).join(', ');
    return this.error('ETIMEDOUT', `${why}; tried ${tried}`);
  }

  /** An error that tells of the attempt. */
  error(code: ErrorCode, message: string, details: SctpErrorDetails = {}): SctpError {
    const [first] = this.peers;
    return new SctpError(code, `${this.syscall}: ${message}`, {
      syscall: this.syscall,
      attempts: this.tried,
      ...(first && { address: first.address, port: first.port }),
      ...details,
    });
  }

  readonly #tap = ({ destination, bytes }: Packet): void => {
    const sent = this.#sent.get(destination);
    const type = bytes[COMMON_HEADER_BYTES];
    if (!sent || (type !== INIT && type !== COOKIE_ECHO)) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view.getUint16(0) !== this.#localPort || view.getUint16(2) !== this.peers[0]?.port) return;
    if (type === INIT) sent.push(this.elapsedMs);
    else this.#cookieEchoed = true;
  };

  readonly #unreachable = (destination: Address, code: ErrorCode): void => {
    if (!this.#sent.has(destination)) return;
    this.#refusals.set(destination, code);
    this.#changed();
  };

  readonly #changed = (): void => {
    if (this.#refusalError()) this.#onRefused();
  };

  /** Why the network doesn't carry packets to an address, as far as is known. */
  #refusal(address: Address): ErrorCode | undefined {
    return this.#refusals.get(address) ?? (this.#pump.interfaces.reaches(address) ? undefined : 'ENETUNREACH');
  }

  #refusalError(): SctpError | undefined {
    const refusals = this.peers.map(({ address }) => ({ address, code: this.#refusal(address) }));
    if (refusals.some(({ code }) => code === undefined)) return;
    const code = refusals[0]?.code ?? 'EHOSTUNREACH';
    const told = refusals.map((each) => `${each.address}: ${each.code}`).join(', ');
    return this.error(code, `the network refuses every address (${told})`);
  }

  #initCount(): number {
    return [...this.#sent.values()].reduce((count, times) => count + times.length, 0);
  }
}
