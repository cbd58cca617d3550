import { canonicalAddress, type Endpoint } from '../address.js';
import { shown } from '../arguments.js';
import { htons } from '../bridge/byteorder.js';
import { packSockaddr, unpackSockaddr } from '../bridge/sockaddr.js';
import { readStruct, writeStruct } from '../bridge/struct.js';
import { SctpError } from '../errors.js';
import { AF_CONN, AF_INET6 } from '../generated/constants.js';
import { sockaddr_conn, sockaddr_in, sockaddr_in6, sockaddr_storage } from '../generated/layouts.js';
import { ConnAddresses } from './connaddresses.js';

/** C's `struct sockaddr`: an IP address and an SCTP port in host byte order, or a `struct sockaddr_conn`. */
export type Sockaddr = Endpoint | ConnEndpoint;

/** An address of family AF_CONN: `conn` is any value that usrsctp_register_address() was given. */
export interface ConnEndpoint {
  /** Any value: what usrsctp_register_address() was given. */
  readonly conn: unknown;
  /** SCTP port, 0 to 65,535, in host byte order. */
  readonly port: number;
}

/** Converts sockaddrs between values and their C layout, where AF_CONN addresses are numbers. */
export class Sockaddrs {
  readonly conn: ConnAddresses = new ConnAddresses();

  /**
   * Throws TypeError if it is no sockaddr, EINVAL if its address can't be parsed, and EADDRNOTAVAIL if its AF_CONN
   * address isn't registered.
   */
  pack(sockaddr: Sockaddr): Uint8Array {
    if (typeof sockaddr !== 'object' || sockaddr === null) {
      throw new TypeError(`a sockaddr must be { address, port } or { conn, port }, not ${shown(sockaddr)}`);
    }
    const { port } = sockaddr;
    if (!Number.isInteger(port) || port < 0 || port > 0xffff) {
      throw new TypeError(`a port must be an integer from 0 to 65535, in host byte order, not ${shown(port)}`);
    }
    if (!('conn' in sockaddr)) return packSockaddr({ address: canonicalAddress(sockaddr.address, 'sockaddr'), port });
    const number = this.conn.numberOf(sockaddr.conn);
    if (number === undefined) {
      throw new SctpError(
        'EADDRNOTAVAIL',
        'this AF_CONN address is not registered: call usrsctp_register_address() first',
      );
    }
    return writeStruct(sockaddr_conn, { sconn_family: AF_CONN, sconn_port: htons(port), sconn_addr: number });
  }

  /** Packs sockaddrs one after the other. */
  packAll(sockaddrs: readonly Sockaddr[]): Uint8Array {
    if (!Array.isArray(sockaddrs)) throw new TypeError('sockaddrs must be an array of { address, port }');
    const parts = sockaddrs.map((sockaddr) => this.pack(sockaddr));
    const packed = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let offset = 0;
    for (const part of parts) {
      packed.set(part, offset);
      offset += part.length;
    }
    return packed;
  }

  /** Packs into a `struct sockaddr_storage`, which is the type of addresses within structs. */
  packStorage(sockaddr: Sockaddr): Uint8Array {
    const storage = new Uint8Array(sockaddr_storage.size);
    storage.set(this.pack(sockaddr));
    return storage;
  }

  /** `undefined` if the family is unknown, as in a sockaddr that C has left zeroed. */
  unpack(bytes: Uint8Array): Sockaddr | undefined {
    if (bytes.length < sockaddr_conn.size || familyOf(bytes) !== AF_CONN) return unpackSockaddr(bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { sconn_addr, sconn_port } = readStruct(sockaddr_conn, view);
    return { conn: this.conn.valueOf(sconn_addr), port: htons(sconn_port) };
  }

  unpackAll(bytes: Uint8Array, count: number): Sockaddr[] {
    const sockaddrs: Sockaddr[] = [];
    for (let offset = 0; sockaddrs.length < count && offset < bytes.length; ) {
      const one = bytes.subarray(offset);
      const sockaddr = this.unpack(one);
      if (sockaddr === undefined) break;
      sockaddrs.push(sockaddr);
      offset += sizeOf(familyOf(one));
    }
    return sockaddrs;
  }
}

function familyOf(bytes: Uint8Array): number {
  return (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8);
}

function sizeOf(family: number): number {
  if (family === AF_CONN) return sockaddr_conn.size;
  return family === AF_INET6 ? sockaddr_in6.size : sockaddr_in.size;
}
