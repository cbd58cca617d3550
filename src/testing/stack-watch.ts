import { type Endpoint, formatEndpoint } from '../address.js';
import type { Association } from '../association/association.js';
import type { Clock } from '../clock.js';
import type { Socket } from '../socket/socket.js';
import type { Stack } from '../socket/stack.js';

/** A clock for one stack, which records the timers that the stack has scheduled. */
export class WatchedClock implements Clock {
  readonly #clock: Clock;
  readonly #due = new Map<object, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const key = {};
    const cancel = this.#clock.schedule(delayMs, () => {
      this.#due.delete(key);
      callback();
    });
    this.#due.set(key, this.now() + delayMs);
    return () => {
      this.#due.delete(key);
      cancel();
    };
  }

  /** When each pending timer is due, in ms from now. */
  get pendingMs(): readonly number[] {
    return [...this.#due.values()].map((timeMs) => timeMs - this.now());
  }
}

/** A stack that is checked for leaks. */
export interface WatchedStack {
  /** The name of its host. */
  readonly name: string;
  readonly stack: Stack;
  readonly clock: WatchedClock;
  /** Whether its host has crashed, so that the test could not close anything. */
  isOff(): boolean;
}

/** Describes each socket that is still open. */
export function openSockets({ name, stack, isOff }: WatchedStack): string[] {
  return isOff() ? [] : stack.sockets.map((socket) => `${name}: ${describeSocket(socket)} is not closed`);
}

/** Aborts what is open and closes the stack. Describes each leak that remains. */
export async function closeAndFindLeaks({ name, stack, clock }: WatchedStack): Promise<string[]> {
  for (const socket of stack.sockets) socket.abort('the test is over');
  await stack.close();
  const found: string[] = [];
  const bytes = stack.memoryInUse;
  if (bytes > 0) found.push(`${name}: usrsctp still holds ${bytes.toLocaleString('en')} bytes`);
  for (const ms of clock.pendingMs) found.push(`${name}: a timer is still pending, due in ${ms.toFixed(3)} ms`);
  return found;
}

function describeSocket({ style, localEndpoints, associations }: Socket): string {
  const place = localEndpoints.length === 0 ? '' : ` on ${list(localEndpoints)}`;
  const held = associations.map(describeAssociation);
  return `a ${style} socket${place}${held.length === 0 ? '' : ` with ${held.join(' and ')}`}`;
}

function describeAssociation(association: Association): string {
  const peer = association.paths().map(({ address }) => address);
  return `association ${association.id} (${association.state}${peer.length === 0 ? '' : `, to ${peer.join(', ')}`})`;
}

function list(endpoints: readonly Endpoint[]): string {
  return endpoints.map(formatEndpoint).join(', ');
}
