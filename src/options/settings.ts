import { htons } from '../bridge/byteorder.js';
import type { Handle, Instance } from '../bridge/instance.js';
import { packStorage } from '../bridge/sockaddr.js';
import { writeStruct } from '../bridge/struct.js';
import * as C from '../generated/constants.js';
import { link_option, sctp_paddrparams } from '../generated/layouts.js';
import { joined } from '../stack/socket/reassembly.js';
import { int, type SocketConfig } from './socket-options.js';

/** An option with its value. */
interface Setting {
  readonly level: number;
  readonly name: number;
  readonly value: Uint8Array;
}

const COMMON_HEADER_BYTES = 12;

const GRANTS = {
  nothing: 0,
  streams: C.SCTP_ENABLE_RESET_STREAM_REQ,
  association: C.SCTP_ENABLE_VALUE_MASK,
} as const;

/**
 * Sets the options that every new module socket needs, in one call. Explicit EOR lets a message of any size be sent in
 * pieces. Fragment interleave is 2 (RFC 6458 §8.1.20): at a lower level, a message that is partially delivered blocks
 * whole messages of other streams until its rest arrives; if those fill the receive buffer, the rest can't be taken any
 * more. SCTP_SENDER_DRY_EVENT isn't subscribed here: it would double the number of reads in a request-response
 * exchange, so only associations with a listener for it get it.
 */
export function prepare({ exports }: Instance, handle: Handle, config: SocketConfig, encapsulationPort = 0): void {
  const { noDelay, outboundStreams, inboundStreams, peerMayReset } = config;
  // Without it an IPv6 socket would list its IPv4 addresses to its peers, too.
  if (config.family === 'IPv6') exports.bridge_set_v6only(handle);
  const port = htons(encapsulationPort);
  exports.bridge_prepare(handle, noDelay ? 1 : 0, outboundStreams, inboundStreams, GRANTS[peerMayReset], port);
}

/** The other options of a new module socket, in the form for `setOptions`. Accepted sockets inherit them. */
export function settingsOf(config: SocketConfig): Uint8Array {
  const parts = settingsList(config).flatMap(({ level, name, value }) => {
    const padding = new Uint8Array(-value.length & 3);
    return [writeStruct(link_option, { level, name, length: value.length }), value, padding];
  });
  return joined(parts);
}

function settingsList(config: SocketConfig): Setting[] {
  const sizes = [...size(C.SO_SNDBUF, config.sendBufferBytes), ...size(C.SO_RCVBUF, config.receiveBufferBytes)];
  if (config.connMtu === undefined) return sizes;
  const path = {
    spp_assoc_id: C.SCTP_FUTURE_ASSOC,
    spp_address: packStorage({ address: '0.0.0.0', port: 0 }),
    spp_pathmtu: config.connMtu - COMMON_HEADER_BYTES,
    spp_flags: C.SPP_PMTUD_DISABLE,
  };
  const value = writeStruct(sctp_paddrparams, path);
  const pathMtu = { level: C.IPPROTO_SCTP, name: C.SCTP_PEER_ADDR_PARAMS, value };
  return [...sizes, pathMtu, ...(config.zeroChecksum ? zeroChecksum() : [])];
}

/** Packets without a checksum are accepted, because they come over DTLS (RFC 9653 §4). usrsctp 0.9.5.0 has no such option. */
function zeroChecksum(): Setting[] {
  const { SCTP_ACCEPT_ZERO_CHECKSUM: name, SCTP_EDMID_LOWER_LAYER_DTLS: method = 0 } = C as Readonly<
    Record<string, number>
  >;
  return name === undefined ? [] : [{ level: C.IPPROTO_SCTP, name, value: int(method) }];
}

/** The setting of a buffer's size. Without one the size follows the path. */
function size(name: number, bytes: number | undefined): Setting[] {
  return bytes === undefined ? [] : [{ level: C.SOL_SOCKET, name, value: int(bytes) }];
}
