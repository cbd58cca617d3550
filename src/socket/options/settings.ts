import { htons } from '../../bridge/byteorder.js';
import { packStorage } from '../../bridge/sockaddr.js';
import { type Layout, type StructInput, writeStruct } from '../../bridge/struct.js';
import * as C from '../../generated/constants.js';
import {
  link_option,
  sctp_assoc_value,
  sctp_event,
  sctp_event_subscribe,
  sctp_initmsg,
  sctp_paddrparams,
  sctp_udpencaps,
} from '../../generated/layouts.js';
import { joined } from '../messages/reassembly.js';
import { int, type SocketConfig } from './config.js';

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
 * The notifications that a socket subscribes to. SCTP_SENDER_DRY_EVENT isn't one of them: where messages go to and fro
 * it would double what there is to read, so it comes only to associations that listen for it.
 */
const SUBSCRIBED = {
  sctp_association_event: 1,
  sctp_address_event: 1,
  sctp_peer_error_event: 1,
  sctp_shutdown_event: 1,
  sctp_partial_delivery_event: 1,
  sctp_adaptation_layer_event: 1,
  sctp_authentication_event: 1,
  sctp_stream_reset_event: 1,
};
/** Those that have no field there. */
const SUBSCRIBED_TOO = [C.SCTP_SEND_FAILED_EVENT, C.SCTP_ASSOC_RESET_EVENT, C.SCTP_STREAM_CHANGE_EVENT];

const known = new WeakMap<SocketConfig, Uint8Array>();

/**
 * What a new socket of the module is given, as `setsockopts` takes it; accepted ones inherit it. Many sockets have one
 * config: it is written once.
 */
export function settingsOf(config: SocketConfig, encapsulationPort: number | undefined): Uint8Array {
  const settings = known.get(config) ?? packed(listed(config, encapsulationPort));
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

function listed(config: SocketConfig, encapsulationPort: number | undefined): Setting[] {
  const settings = [
    struct(C.SCTP_EVENTS, sctp_event_subscribe, SUBSCRIBED),
    ...SUBSCRIBED_TOO.map((type) =>
      struct(C.SCTP_EVENT, sctp_event, { se_assoc_id: C.SCTP_FUTURE_ASSOC, se_type: type, se_on: 1 }),
    ),
    number(C.SCTP_RECVRCVINFO, 1),
    number(C.SCTP_EXPLICIT_EOR, 1), // messages of any size, in pieces as there is room
    // RFC 6458 §8.1.20. Below 2, a message that is delivered in parts waits for its rest in front of whole messages of
    // other streams; when those fill the receive buffer, nothing of the rest is taken any more.
    number(C.SCTP_FRAGMENT_INTERLEAVE, 2),
    number(C.SCTP_NODELAY, config.noDelay ? 1 : 0),
    ...size(C.SO_SNDBUF, config.sendBufferBytes),
    ...size(C.SO_RCVBUF, config.receiveBufferBytes),
    struct(C.SCTP_INITMSG, sctp_initmsg, {
      sinit_num_ostreams: config.outboundStreams,
      sinit_max_instreams: config.inboundStreams,
    }),
    struct(C.SCTP_ENABLE_STREAM_RESET, sctp_assoc_value, {
      assoc_id: C.SCTP_FUTURE_ASSOC,
      assoc_value: GRANTS[config.peerMayReset],
    }),
  ];
  if (config.connMtu !== undefined) {
    const path = {
      spp_assoc_id: C.SCTP_FUTURE_ASSOC,
      spp_address: packStorage({ address: '0.0.0.0', port: 0 }),
      spp_pathmtu: config.connMtu - COMMON_HEADER_BYTES,
      spp_flags: C.SPP_PMTUD_DISABLE,
    };
    settings.push(struct(C.SCTP_PEER_ADDR_PARAMS, sctp_paddrparams, path));
  }
  if (encapsulationPort === undefined) return settings;
  const port = { sue_assoc_id: C.SCTP_FUTURE_ASSOC, sue_port: htons(encapsulationPort) };
  return [...settings, struct(C.SCTP_REMOTE_UDP_ENCAPS_PORT, sctp_udpencaps, port)];
}

/** Of a buffer; without one it follows the path. */
function size(name: number, bytes: number | undefined): Setting[] {
  return bytes === undefined ? [] : [number(name, bytes, C.SOL_SOCKET)];
}

function number(name: number, value: number, level: number = C.IPPROTO_SCTP): Setting {
  return { level, name, value: int(value) };
}

function struct<const L extends Layout>(name: number, layout: L, value: StructInput<L>): Setting {
  return { level: C.IPPROTO_SCTP, name, value: writeStruct(layout, value) };
}
