/** `usrsctp-wasm` without its WebAssembly: `Stack.create` is told where that is, by `wasm`. */
export { systemClock } from './clock.js';
export { sealPacket } from './crc32c.js';
export { SctpError } from './errors.js';
export type * from './index.js';
export { systemRandom } from './random.js';
export { Association } from './socket/association.js';
export { Socket } from './socket/socket.js';
export { Stack, type StackOptions } from './socket/stack.js';
export { Stream } from './socket/streams/stream.js';
export { conn } from './transport/conn.js';
