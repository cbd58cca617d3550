/** Link types (draft-ietf-opsawg-pcaplinktype) whose frames have an IP packet at a fixed place. */
const FIXED: Readonly<Record<number, number>> = {
  0: 4, // NULL: BSD loopback
  108: 4, // LOOP
  101: 0, // RAW
  12: 0, // RAW, as some systems number it
  14: 0,
  228: 0, // IPV4
  229: 0, // IPV6
};
const ETHERNET = 1;
const LINUX_SLL = 113;
const LINUX_SLL2 = 276;
const SCTP = 248;

const VLAN_TAGS = [0x8100, 0x88a8, 0x9100];
const ETHERTYPES = [0x0800, 0x86dd];

/** The IP packet in a frame; undefined if there is none, or if the link type is unknown. */
export function ipPacketIn(linkType: number, frame: Uint8Array): Uint8Array | undefined {
  const fixed = FIXED[linkType];
  if (fixed !== undefined) return frame.subarray(fixed);
  if (linkType === ETHERNET) return behindEthertype(frame, 12);
  if (linkType === LINUX_SLL) return behindEthertype(frame, 14);
  if (linkType === LINUX_SLL2) return ETHERTYPES.includes(word(frame, 0)) ? frame.subarray(20) : undefined;
  return undefined;
}

/** Are the frames SCTP packets without IP headers? */
export function isBareSctp(linkType: number): boolean {
  return linkType === SCTP;
}

function behindEthertype(frame: Uint8Array, at: number): Uint8Array | undefined {
  let offset = at;
  while (VLAN_TAGS.includes(word(frame, offset))) offset += 4;
  return ETHERTYPES.includes(word(frame, offset)) ? frame.subarray(offset + 2) : undefined;
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
