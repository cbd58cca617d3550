// Messages in the manner of Diameter (RFC 6733 §3): a header with the length, a flag for requests, a command code and the
// identifier by which an answer is matched to its request. The payload is JSON here, not AVPs.

const HEADER_BYTES = 20;
const VERSION = 1;
const REQUEST = 0x80;

export function encode({ isRequest, command, id, payload }) {
  const body = new TextEncoder().encode(JSON.stringify(payload));
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, (VERSION << 24) | bytes.length);
  view.setUint32(4, ((isRequest ? REQUEST : 0) << 24) | command);
  view.setUint32(12, id);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

export function decode(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    isRequest: (view.getUint8(4) & REQUEST) !== 0,
    command: view.getUint32(4) & 0xffffff,
    id: view.getUint32(12),
    payload: JSON.parse(new TextDecoder().decode(bytes.subarray(HEADER_BYTES))),
  };
}
