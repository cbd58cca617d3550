/** The reflected polynomial of CRC32c (Castagnoli), RFC 9260 Appendix A. */
const POLYNOMIAL = 0x82f63b78;
/** Made when it is needed: who has stacks only doesn't compute checksums here. */
let table: Uint32Array | undefined;

const CHECKSUM_OFFSET = 8;
const COMMON_HEADER_BYTES = 12;
const ZEROES = new Uint8Array(4);

/** The CRC32c of bytes, unsigned; of a continuation when `previous` is the CRC of what came before. */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  table ??= remainders();
  let crc = ~previous;
  for (let index = 0; index < bytes.length; index++) {
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
  }
  return ~crc >>> 0;
}

/** The checksum that an SCTP packet should carry: its CRC32c with zeroes in the checksum's place (RFC 9260 §6.8). */
export function packetChecksum(packet: Uint8Array): number {
  const head = crc32c(packet.subarray(0, CHECKSUM_OFFSET));
  return crc32c(packet.subarray(COMMON_HEADER_BYTES), crc32c(ZEROES, head));
}

/** The checksum that a packet carries. It is the one field of SCTP whose low byte comes first. */
export function storedChecksum(packet: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = packet.subarray(CHECKSUM_OFFSET, COMMON_HEADER_BYTES);
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

/** Writes the checksum into an SCTP packet that was sent without (RFC 9653); any other stays as it is. */
export function completePacket(packet: Uint8Array): void {
  if (packet.length >= COMMON_HEADER_BYTES && storedChecksum(packet) === 0) sealPacket(packet);
}

/** Writes the right checksum into an SCTP packet, for instance after a filter has changed it. Throws TypeError. */
export function sealPacket(packet: Uint8Array): void {
  if (!(packet instanceof Uint8Array) || packet.length < COMMON_HEADER_BYTES) {
    throw new TypeError('sealPacket: a packet is a Uint8Array with a common header, which has 12 bytes');
  }
  new DataView(packet.buffer, packet.byteOffset).setUint32(CHECKSUM_OFFSET, packetChecksum(packet), true);
}

/** What each byte leaves. */
function remainders(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    return crc;
  });
}
