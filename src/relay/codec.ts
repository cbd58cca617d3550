import { type Datagram, MAX_LOCALS, MAX_MESSAGE_BYTES, readDatagrams } from './datagrams.js';
import { Reader, Writer } from './octets.js';
import type { UdpEndpoint } from './udp-endpoint.js';

export type { UdpEndpoint } from './udp-endpoint.js';

/**
 * The messages of the relay protocol, version 1, and how they are encoded; both sides use this file. Each binary
 * WebSocket message is one of these. Its first byte is the type:
 *
 * ```
 *  client                                    relay
 *    │ 1 allocate  ticket, port, resumption ──► │
 *    │ ◄── 2 allocated  addresses, resumption   │
 *    │ 3 permit  peers ──────────────────────►  │   lets in datagrams from them
 *    │ 8 tags  SCTP ports, tags ─────────────►  │   lets in packets of these associations
 *    │ 0 datagrams  ◄────────────────────────►  │
 *    │ ◄── 4 refused  peer, reason              │
 *    │ 5 ping ──►                  ◄── 6 pong   │
 *    │ ◄── 7 draining                           │   the relay is shutting down
 * ```
 *
 * The close code says why a connection ended ({@link ./close-codes.ts}). Numbers are in network byte order. Decoding
 * returns `undefined` unless the bytes are exactly one message.
 */
export const SUBPROTOCOL = 'usrsctp-relay.v1';

/** The length in bytes of a resumption token. */
export const RESUMPTION_BYTES = 16;
/** The most peers in one permit. */
export const MAX_PERMITS = 64;
/** The most tags in one message. */
export const MAX_TAGS = 64;

/** Why a relay doesn't send datagrams to a peer. */
export type RefusalReason = 'destination' | 'limit' | 'unreachable' | 'taken';
const REASONS: readonly RefusalReason[] = ['destination', 'limit', 'unreachable', 'taken'];

export interface Datagrams {
  readonly type: 'datagrams';
  readonly datagrams: readonly Datagram[];
}

/** Requests addresses: the first message of a client. */
export interface Allocate {
  readonly type: 'allocate';
  /** A signed ticket; see `ticket.ts`. */
  readonly ticket: string;
  /** The UDP port that the client prefers; 0: any. */
  readonly port: number;
  /** The token of a session to resume; empty: none. */
  readonly resumption: Uint8Array;
}

export interface Allocated {
  readonly type: 'allocated';
  /** The token that resumes this session, with the same addresses, for a while after the connection was lost. */
  readonly resumption: Uint8Array;
  /** Whether an earlier session was resumed. */
  readonly resumed: boolean;
  /** The largest IP packet in bytes. */
  readonly mtu: number;
  /** The interval at which the client must send pings, in ms. */
  readonly pingMs: number;
  /** The client's public addresses and UDP ports, IPv4 and IPv6. */
  readonly locals: readonly UdpEndpoint[];
}

/** Lets in datagrams from peers to which nothing has been sent through this relay. */
export interface Permit {
  readonly type: 'permit';
  readonly peers: readonly UdpEndpoint[];
}

/** The verification tag that a client has chosen for an association, in its INIT or INIT ACK (RFC 9260 §3.3.2). */
export interface ClientTag {
  /** The client's SCTP port. */
  readonly port: number;
  /** The peer's SCTP port. */
  readonly peerPort: number;
  /** 1 to 2³²−1. */
  readonly tag: number;
}

/** Lets in packets of associations that were begun through another relay. */
export interface Tags {
  readonly type: 'tags';
  readonly tags: readonly ClientTag[];
}

export interface Refused {
  readonly type: 'refused';
  readonly peer: UdpEndpoint;
  readonly reason: RefusalReason;
  /** A sentence for people. */
  readonly text: string;
}

/** A ping, or the pong that returns its value, 0 to 2³²−1. */
export interface Ping {
  readonly type: 'ping' | 'pong';
  readonly value: number;
}

export interface Draining {
  readonly type: 'draining';
  /** The relay closes the connection after this time, in ms. */
  readonly withinMs: number;
}

export type ClientMessage = Datagrams | Allocate | Permit | Tags | (Ping & { readonly type: 'ping' });
export type RelayMessage = Datagrams | Allocated | Refused | Draining | (Ping & { readonly type: 'pong' });

const TYPES = ['datagrams', 'allocate', 'allocated', 'permit', 'refused', 'ping', 'pong', 'draining', 'tags'] as const;
type Control = Exclude<ClientMessage | RelayMessage, Datagrams>;

/** Encodes any message except datagrams. */
export function encodeControl(message: Control): Uint8Array {
  const writer = new Writer();
  writer.uint8(TYPES.indexOf(message.type));
  switch (message.type) {
    case 'allocate':
      writer.uint16(message.port);
      writer.short(message.resumption);
      writer.text(message.ticket);
      break;
    case 'allocated':
      writer.uint8(message.resumed ? 1 : 0);
      writer.uint16(message.mtu);
      writer.uint32(message.pingMs);
      writer.short(message.resumption);
      for (const local of message.locals) writer.endpoint(local);
      break;
    case 'permit':
      for (const peer of message.peers) writer.endpoint(peer);
      break;
    case 'tags':
      for (const { port, peerPort, tag } of message.tags) {
        writer.uint16(port);
        writer.uint16(peerPort);
        writer.uint32(tag);
      }
      break;
    case 'refused':
      writer.uint8(REASONS.indexOf(message.reason));
      writer.endpoint(message.peer);
      writer.text(message.text);
      break;
    case 'draining':
      writer.uint32(message.withinMs);
      break;
    default:
      writer.uint32(message.value);
  }
  return writer.written();
}

/** Decodes a message from a client. Byte fields are views of `bytes`. */
export function decodeClientMessage(bytes: Uint8Array): ClientMessage | undefined {
  const message = decode(bytes);
  switch (message?.type) {
    case 'datagrams':
    case 'allocate':
    case 'permit':
    case 'tags':
    case 'ping':
      return message as ClientMessage;
    default:
      return undefined;
  }
}

/** Decodes a message from a relay. Byte fields are views of `bytes`. */
export function decodeRelayMessage(bytes: Uint8Array): RelayMessage | undefined {
  const message = decode(bytes);
  switch (message?.type) {
    case 'datagrams':
    case 'allocated':
    case 'refused':
    case 'pong':
    case 'draining':
      return message as RelayMessage;
    default:
      return undefined;
  }
}

function decode(bytes: Uint8Array): ClientMessage | RelayMessage | undefined {
  if (bytes.length > MAX_MESSAGE_BYTES) return undefined;
  const reader = new Reader(bytes);
  const type = TYPES[reader.uint8()];
  const message = type && decodeBody(type, reader);
  return message !== undefined && reader.isAtEnd ? message : undefined;
}

function decodeBody(type: (typeof TYPES)[number], reader: Reader): ClientMessage | RelayMessage | undefined {
  switch (type) {
    case 'datagrams': {
      const datagrams = readDatagrams(reader);
      return datagrams && { type, datagrams };
    }
    case 'allocate': {
      const port = reader.uint16();
      const resumption = reader.short();
      if (resumption.length !== 0 && resumption.length !== RESUMPTION_BYTES) return undefined;
      return { type, port, resumption, ticket: reader.text() };
    }
    case 'allocated': {
      const resumed = reader.uint8();
      const head = { mtu: reader.uint16(), pingMs: reader.uint32(), resumption: reader.short() };
      const isInvalid = resumed > 1 || head.resumption.length !== RESUMPTION_BYTES;
      const locals = isInvalid ? undefined : reader.endpoints(MAX_LOCALS);
      return locals && { type, resumed: resumed === 1, ...head, locals };
    }
    case 'permit': {
      const peers = reader.endpoints(MAX_PERMITS);
      return peers && { type, peers };
    }
    case 'tags': {
      const tags = readTags(reader);
      return tags && { type, tags };
    }
    case 'refused': {
      const reason = REASONS[reader.uint8()];
      const peer = reader.endpoint();
      return reason && peer && { type, reason, peer, text: reader.text() };
    }
    case 'draining':
      return { type, withinMs: reader.uint32() };
    case 'ping':
    case 'pong':
      return { type, value: reader.uint32() } as ClientMessage | RelayMessage;
  }
}

function readTags(reader: Reader): ClientTag[] | undefined {
  const tags: ClientTag[] = [];
  while (reader.left > 0 && tags.length < MAX_TAGS) {
    const chosen = { port: reader.uint16(), peerPort: reader.uint16(), tag: reader.uint32() };
    if (chosen.port === 0 || chosen.peerPort === 0 || chosen.tag === 0) return undefined;
    tags.push(chosen);
  }
  return tags.length > 0 ? tags : undefined;
}
