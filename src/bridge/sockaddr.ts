import { type Address, addressBytes, CONN, type Endpoint, formatAddress } from '../address.js';
import { AF_CONN, AF_INET, AF_INET6 } from '../generated/constants.js';
import { sockaddr_conn, sockaddr_in, sockaddr_in6, sockaddr_storage } from '../generated/layouts.js';
import { htons } from './byteorder.js';
import type { Memory, Pointer } from './memory.js';
import { writeStruct } from './struct.js';

const { sin_port, sin_addr } = sockaddr_in.fields;
const { sin6_port, sin6_addr } = sockaddr_in6.fields;
const { sconn_port } = sockaddr_conn.fields;
const FAMILY = sockaddr_in.fields.sin_family.offset;

/** The AF_CONN address of a stack that runs over `conn()`. In C it is a pointer. */
export const CONN_NUMBER = 1;

/** An endpoint as a struct sockaddr_conn, sockaddr_in or sockaddr_in6. The address must be canonical. */
export function packSockaddr({ address, port }: Endpoint): Uint8Array {
  if (address === CONN) {
    return writeStruct(sockaddr_conn, { sconn_family: AF_CONN, sconn_port: htons(port), sconn_addr: CONN_NUMBER });
  }
  const bytes = addressBytes(address) ?? new Uint8Array(4);
  const isIpv4 = bytes.length === 4;
  const packed = new Uint8Array(isIpv4 ? sockaddr_in.size : sockaddr_in6.size);
  const portAt = isIpv4 ? sin_port.offset : sin6_port.offset;
  packed[FAMILY] = isIpv4 ? AF_INET : AF_INET6;
  packed[portAt] = port >> 8;
  packed[portAt + 1] = port & 0xff;
  packed.set(bytes, isIpv4 ? sin_addr.offset : sin6_addr.offset);
  return packed;
}

/** Sockaddrs, one after the other, as connectx and bindx take them. */
export function packSockaddrs(endpoints: readonly Endpoint[]): Uint8Array {
  const parts = endpoints.map(packSockaddr);
  const packed = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    packed.set(part, offset);
    offset += part.length;
  }
  return packed;
}

/** An endpoint as a struct sockaddr_storage, which is the type of addresses in socket options. */
export function packStorage(endpoint: Endpoint): Uint8Array {
  const storage = new Uint8Array(sockaddr_storage.size);
  storage.set(packSockaddr(endpoint));
  return storage;
}

/** The endpoint in a sockaddr, or `undefined` if its family is unknown. */
export function unpackSockaddr(bytes: Uint8Array, at: number = 0): Endpoint | undefined {
  const family = (bytes[at + FAMILY] ?? 0) | ((bytes[at + FAMILY + 1] ?? 0) << 8);
  const port = (offset: number) => ((bytes[at + offset] ?? 0) << 8) | (bytes[at + offset + 1] ?? 0);
  const address = (offset: number, length: number) => formatAddress(bytes.subarray(at + offset, at + offset + length));
  if (family === AF_INET) return { address: address(sin_addr.offset, 4), port: port(sin_port.offset) };
  if (family === AF_INET6) return { address: address(sin6_addr.offset, 16), port: port(sin6_port.offset) };
  return family === AF_CONN ? { address: CONN, port: port(sconn_port.offset) } : undefined;
}

const SIZES: Readonly<Record<number, number>> = { [AF_INET6]: sockaddr_in6.size, [AF_CONN]: sockaddr_conn.size };

/** The endpoints in packed sockaddrs: the first `count`, or all. */
export function unpackSockaddrs(bytes: Uint8Array, count: number = Number.POSITIVE_INFINITY): Endpoint[] {
  const endpoints: Endpoint[] = [];
  for (let at = 0; endpoints.length < count && at < bytes.length; ) {
    const endpoint = unpackSockaddr(bytes, at);
    if (endpoint === undefined) break;
    endpoints.push(endpoint);
    at += SIZES[bytes[at + FAMILY] ?? 0] ?? sockaddr_in.size;
  }
  return endpoints;
}

/** The addresses, without ports, of sockaddrs in the module's memory. */
export function sockaddrAddresses(memory: Memory, from: Pointer, to: Pointer): Address[] {
  const addresses: Address[] = [];
  for (let at: number = from; at < to; ) {
    const family = memory.view.getUint16(at + FAMILY, true);
    if (family === AF_INET) addresses.push(memory.address((at + sin_addr.offset) >> 2, 4));
    else if (family === AF_INET6) addresses.push(memory.address((at + sin6_addr.offset) >> 2, 6));
    else if (family === AF_CONN) addresses.push(CONN);
    else break;
    at += SIZES[family] ?? sockaddr_in.size;
  }
  return addresses;
}
