/**
 * `usrsctp-wasm` without its WebAssembly: pass that to `Stack.create`, as `wasm`.
 * @module usrsctp-wasm/slim
 */

export { Association } from './association/association.js';
export { Stream } from './association/streams/stream.js';
export { systemClock } from './clock.js';
export { SctpError } from './errors.js';
export type * from './index.js';
export { PPID } from './ppid.js';
export { systemRandom } from './random.js';
export { Socket } from './socket/socket.js';
export { Stack, type StackOptions } from './socket/stack.js';
export { conn } from './transport/conn.js';
export { sealPacket } from './wire/crc32c.js';
