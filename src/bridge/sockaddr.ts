import { addressBytes, CONN, type Endpoint, formatAddress } from '../address.js';
import { AF_CONN, AF_INET, AF_INET6 } from '../generated/constants.js';
import { sockaddr_conn, sockaddr_in, sockaddr_in6, sockaddr_storage } from '../generated/layouts.js';
import { htons } from './byteorder.js';
import { readStruct, writeStruct } from './struct.js';

/** What stands for the one path of a stack over a user's own, where C has a pointer. */
export const CONN_NUMBER = 1;

/** The struct sockaddr_conn, sockaddr_in or sockaddr_in6 of an endpoint. The address must be canonical. */
export function packSockaddr({ address, port }: Endpoint): Uint8Array {
  if (address === CONN) {
    return writeStruct(sockaddr_conn, { sconn_family: AF_CONN, sconn_port: htons(port), sconn_addr: CONN_NUMBER });
  }
  const bytes = addressBytes(address) ?? new Uint8Array(4);
  if (bytes.length === 4) {
    return writeStruct(sockaddr_in, { sin_family: AF_INET, sin_port: htons(port), sin_addr: bytes });
  }
  return writeStruct(sockaddr_in6, { sin6_family: AF_INET6, sin6_port: htons(port), sin6_addr: bytes });
}

/** Sockaddrs one behind the other, as connectx and bindx take them. */
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

/** An endpoint as the fixed-size struct sockaddr_storage that socket options hold. */
export function packStorage(endpoint: Endpoint): Uint8Array {
  const storage = new Uint8Array(sockaddr_storage.size);
  storage.set(packSockaddr(endpoint));
  return storage;
}

/** The endpoint that a sockaddr tells, or `undefined` when it is of another family. */
export function unpackSockaddr(bytes: Uint8Array): Endpoint | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (view.getUint16(sockaddr_in.fields.sin_family.offset, true)) {
    case AF_INET: {
      const { sin_port, sin_addr } = readStruct(sockaddr_in, view, 0);
      return { address: formatAddress(sin_addr), port: htons(sin_port) };
    }
    case AF_INET6: {
      const { sin6_port, sin6_addr } = readStruct(sockaddr_in6, view, 0);
      return { address: formatAddress(sin6_addr), port: htons(sin6_port) };
    }
    case AF_CONN:
      return { address: CONN, port: htons(readStruct(sockaddr_conn, view, 0).sconn_port) };
    default:
      return undefined;
  }
}

const SIZES: Readonly<Record<number, number>> = { [AF_INET6]: sockaddr_in6.size, [AF_CONN]: sockaddr_conn.size };

/** The endpoints of so many packed sockaddrs. */
export function unpackSockaddrs(bytes: Uint8Array, count: number): Endpoint[] {
  const endpoints: Endpoint[] = [];
  for (let offset = 0; endpoints.length < count; ) {
    const endpoint = unpackSockaddr(bytes.subarray(offset));
    if (endpoint === undefined) break;
    endpoints.push(endpoint);
    offset += SIZES[bytes[offset] ?? 0] ?? sockaddr_in.size;
  }
  return endpoints;
}
