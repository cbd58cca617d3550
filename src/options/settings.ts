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

const known = new WeakMap<SocketConfig, Uint8Array>();

/**
 * What each new socket of the module is given, at once. Explicit EOR: messages of any size, in pieces as there is room.
 * Fragment interleave of 2 (RFC 6458 §8.1.20): below that, a message that is delivered in parts waits for its rest in front
 * of whole messages of other streams; when those fill the receive buffer, nothing of the rest is taken any more.
 * SCTP_SENDER_DRY_EVENT would double what there is to read where messages go to and fro, so it comes only to associations
 * that listen for it.
 */
export function prepare({ exports }: Instance, handle: Handle, config: SocketConfig, encapsulationPort = 0): void {
  const { noDelay, outboundStreams, inboundStreams, peerMayReset } = config;
  // or else a socket for IPv6 would list IPv4 addresses to its peers all the same
  if (config.family === 'IPv6') exports.bridge_set_v6only(handle);
  const port = htons(encapsulationPort);
  exports.bridge_prepare(handle, noDelay ? 1 : 0, outboundStreams, inboundStreams, GRANTS[peerMayReset], port);
}

/**
 * What else a new socket of the module is given, if it is, as `setsockopts` takes it; accepted ones inherit it. Many sockets
 * have one config: it is written once.
 */
export function settingsOf(config: SocketConfig): Uint8Array {
  const settings = known.get(config) ?? packed(listed(config));
  known.set(config, settings);
  return settings;
}

function packed(settings: readonly Setting[]): Uint8Array {
  const parts = settings.flatMap(({ level, name, value }) => {
    const padding = new Uint8Array(-value.length & 3);
    return [writeStruct(link_option, { level, name, length: value.length }), value, padding];
  });
  return joined(parts);
}

function listed(config: SocketConfig): Setting[] {
  const sizes = [...size(C.SO_SNDBUF, config.sendBufferBytes), ...size(C.SO_RCVBUF, config.receiveBufferBytes)];
  if (config.connMtu === undefined) return sizes;
  const path = {
    spp_assoc_id: C.SCTP_FUTURE_ASSOC,
    spp_address: packStorage({ address: '0.0.0.0', port: 0 }),
    spp_pathmtu: config.connMtu - COMMON_HEADER_BYTES,
    spp_flags: C.SPP_PMTUD_DISABLE,
  };
  const value = writeStruct(sctp_paddrparams, path);
  return [...sizes, { level: C.IPPROTO_SCTP, name: C.SCTP_PEER_ADDR_PARAMS, value }];
}

/** Of a buffer; without one it follows the path. */
function size(name: number, bytes: number | undefined): Setting[] {
  return bytes === undefined ? [] : [{ level: C.SOL_SOCKET, name, value: int(bytes) }];
}
