import assert from 'node:assert/strict';
import { Stack } from '../../dist/index.js';

export const PORT = 5001;
export const ADDRESSES = { client: ['10.0.1.1', '10.0.2.1'], server: ['10.0.1.2', '10.0.2.2'] };
export const SERVER = ADDRESSES.server.map((address) => ({ address, port: PORT }));
/** How much memory may vary at the end of a part, in bytes. */
const SLACK_BYTES = 64 * 1024;

/** Two hosts with two paths between them, and a stack on each. */
export async function twoStacks(network) {
  const { clock } = network;
  const [client, server] = ['client', 'server'].map((name) => network.host(name, ADDRESSES[name]));
  const make = ({ transport, random }) => Stack.create({ transport, clock, random });
  return network.standStill(Promise.all([make(client), make(server)]));
}

/** Pseudo-random bytes that follow from the seed. */
export function pattern(length, seed) {
  const bytes = new Uint8Array(length);
  let state = (seed * 2654435761) >>> 0;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** A message that says what it must be: its seed, and bytes that follow from it. */
export function sealed(length, seed) {
  const bytes = pattern(length + 4, seed);
  new DataView(bytes.buffer).setUint32(0, seed);
  return bytes;
}

/** Checks a message of `sealed`, and returns its seed. */
export function opened(bytes) {
  const seed = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  assert.equal(Buffer.compare(bytes, sealed(bytes.length - 4, seed)), 0, `message ${seed} is damaged`);
  return seed;
}

/** Checks that memory has stopped growing: the last reading is no larger than the first one after warming up. */
export function checkFlat(what, readings) {
  const text = readings.map((bytes) => `${(bytes / 1024).toFixed(0)}`).join(' ');
  assert.ok(readings.at(-1) - readings[1] < SLACK_BYTES, `${what} grows, in KB: ${text}`);
  return `${what} ${text} KB`;
}
