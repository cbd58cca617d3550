/**
 * Captures: pcap and pcapng files, decoded packets, ladder diagrams.
 * @module usrsctp-wasm/capture
 */

export { type LadderOptions, ladderOf } from './capture/capture-ladder.js';
export { type CapturedPacket, type Datagram, type PcapngOptions, PcapngWriter } from './capture/pcapng.js';
export { type ReadOptions, type ReadPacket, readCapture } from './capture/reader.js';
export { type CaptureOptions, capture } from './transport/capture.js';
export type { Chunk, ChunkHeader, DecodedPacket } from './wire/chunk.js';
export { decodeChunks, decodePacket } from './wire/decode.js';
export { describeChunk, describePacket } from './wire/describe.js';
export type { Cause, Parameter } from './wire/parameter.js';
