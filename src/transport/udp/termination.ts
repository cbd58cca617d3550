import { isMainThread } from 'node:worker_threads';
import { isDeno } from './deno.js';

/** The first version of Node without the fault. */
const FIXED_NODE = 22;

const isBun = 'Bun' in globalThis;
const nothing = (): void => {};

/**
 * Keeps worker.terminate() from ending the process. To be called in each turn of the event loop in which the stack runs.
 *
 * If a worker of Node 20 is terminated in a microtask that C++ runs, its thread is left in a state in which the next datagram
 * causes a fatal error (node::AddressToJS) of the whole process. If a process.nextTick callback is pending, JavaScript runs the
 * microtasks, and this doesn't happen. Of 6 processes that terminated twelve echo servers under traffic, all died without this
 * and none with it.
 */
export const surviveTermination: () => void = hasFault() ? () => process.nextTick(nothing) : nothing;

function hasFault(): boolean {
  return !isMainThread && !isDeno && !isBun && Number.parseInt(process.versions.node, 10) < FIXED_NODE;
}
