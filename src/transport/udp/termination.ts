import { isMainThread } from 'node:worker_threads';
import { isDeno } from './deno.js';

/** The first Node that survives. */
const SOUND_NODE = 22;

const isBun = 'Bun' in globalThis;
const nothing = (): void => {};

/**
 * To be called in each turn of the event loop in which the stack runs: keeps worker.terminate() from ending the process.
 *
 * When a worker of Node 20 is terminated inside of a microtask that C++ runs, its thread stays in a state in which the next
 * datagram is a fatal error (node::AddressToJS) of the whole process. Where a tick is due, JavaScript runs the microtasks,
 * which leaves the thread in order. Processes that terminate twelve echo servers under traffic: 6 of 6 died, with this none.
 */
export const surviveTermination: () => void = isEndangered() ? () => process.nextTick(nothing) : nothing;

function isEndangered(): boolean {
  return !isMainThread && !isDeno && !isBun && Number.parseInt(process.versions.node, 10) < SOUND_NODE;
}
