// Messages of M3UA (RFC 4666 §3): a header with class, type and length, then parameters with tag and length.

/** Message class and type (§3.1.2, §3.1.3). */
export const KINDS = {
  NOTIFY: 0x0001,
  DATA: 0x0101,
  ASP_UP: 0x0301,
  ASP_UP_ACK: 0x0304,
  ASP_ACTIVE: 0x0401,
  ASP_ACTIVE_ACK: 0x0403,
};
export const TAGS = { ROUTING_CONTEXT: 6, STATUS: 13, PROTOCOL_DATA: 0x0210 };
/** Status type and information "AS active" (§3.8.2). */
export const AS_ACTIVE = 0x0001_0003;

/** `parameters` maps tags to bytes. */
export function encode(kind, parameters = new Map()) {
  const parts = [...parameters].map(([tag, value]) => {
    const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4); // padded
    bytes.writeUInt16BE(tag, 0);
    bytes.writeUInt16BE(4 + value.length, 2);
    bytes.set(value, 4);
    return bytes;
  });
  const header = Buffer.from([1, 0, kind >> 8, kind & 0xff, 0, 0, 0, 0]);
  const message = Buffer.concat([header, ...parts]);
  message.writeUInt32BE(message.length, 4);
  return message;
}

export function decode(data) {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const parameters = new Map();
  for (let at = 8; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16BE(at + 2);
    if (length < 4) break; // malformed
    parameters.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, at + length));
    at += Math.ceil(length / 4) * 4;
  }
  return { kind: bytes.readUInt16BE(2), parameters };
}

export function word(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Protocol Data (§3.3.1): point codes, service indicator (3 is SCCP), network indicator, priority, link selection. */
export function protocolData({ from, to, sls, data }) {
  return Buffer.concat([word(from), word(to), Buffer.from([3, 0, 0, sls]), data]);
}
