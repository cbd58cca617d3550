import { checkBytes, integer } from './arguments.js';
import { reportingErrors } from './callbacks.js';
import type { Core } from './core.js';

/** Carries a packet of an AF_CONN association. `addr` is what usrsctp_register_address() was given; the result is ignored. */
export type ConnOutput = (addr: unknown, buffer: Uint8Array, tos: number, set_df: number) => unknown;

/** AF_CONN: SCTP over whatever the program carries packets with, such as DTLS. */
export interface ConnCalls {
  /** Makes a value an AF_CONN address. It may be any value; values are compared as a Map compares its keys. */
  usrsctp_register_address(addr: unknown): void;

  /** Ends what usrsctp_register_address() began. Packets for the address are dropped until it is registered again. */
  usrsctp_deregister_address(addr: unknown): void;

  /** Hands in a packet for an AF_CONN address. `ecn_bits` is the ECN field of the packet that carried it. */
  usrsctp_conninput(addr: unknown, buffer: Uint8Array, ecn_bits?: number): void;

  /** From now on, packets of AF_CONN associations are sent without a checksum, and theirs isn't verified. */
  usrsctp_enable_crc32c_offload(): void;

  /** From now on, packets of AF_CONN associations have checksums, and these are verified. */
  usrsctp_disable_crc32c_offload(): void;
}

export function connCalls(core: Core, output: ConnOutput | undefined): ConnCalls {
  const { calls, pump, sockaddrs } = core;
  const { conn } = sockaddrs;
  const enter = (call: () => void): void => {
    core.attempt(() => pump.enter(call));
  };
  pump.conn.carry = ({ address, bytes, trafficClass, unfragmented }) => {
    if (!conn.has(address)) return;
    reportingErrors(() => output?.(conn.valueOf(address), bytes, trafficClass, unfragmented ? 1 : 0));
  };
  return {
    usrsctp_register_address(addr) {
      const number = conn.register(addr);
      enter(() => calls.registerAddress(number));
    },

    usrsctp_deregister_address(addr) {
      const number = conn.deregister(addr);
      if (number !== undefined) enter(() => calls.deregisterAddress(number));
    },

    usrsctp_conninput(addr, buffer, ecn_bits = 0) {
      checkBytes('the buffer', buffer);
      const trafficClass = integer('ecn_bits', ecn_bits) & 3;
      const address = conn.numberOf(addr);
      if (address === undefined) return;
      core.attempt(() => pump.receiveConn({ address, bytes: buffer, trafficClass, unfragmented: false }));
    },

    usrsctp_enable_crc32c_offload: () => enter(() => calls.crc32cOffload(true)),
    usrsctp_disable_crc32c_offload: () => enter(() => calls.crc32cOffload(false)),
  };
}
