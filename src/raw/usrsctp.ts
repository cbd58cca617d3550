import { isBytes, shown } from '../arguments.js';
import { sctpstat } from '../generated/layouts.js';
import type { Pump } from '../stack/pump.js';
import { integer } from './core.js';
import { dumpPacket } from './dump.js';
import { Options } from './options.js';
import { guarded } from './socket.js';
import { type CValue, decode } from './value.js';

/** Carries a packet of an AF_CONN association; returns anything. `addr`: what usrsctp_register_address() was given. */
export type ConnOutput = (addr: unknown, buffer: Uint8Array, tos: number, set_df: number) => unknown;

/** What belongs to no socket: AF_CONN, statistics, timers, checksums, dumps. */
export class UsrsctpCalls extends Options {
  /** @internal */
  constructor(pump: Pump, connOutput: ConnOutput | undefined) {
    super(pump);
    const { conn } = this.core.sockaddrs;
    pump.conn.carry = ({ address, bytes, trafficClass, unfragmented }) => {
      if (!conn.has(address)) return;
      guarded(() => connOutput?.(conn.valueOf(address), bytes, trafficClass, unfragmented ? 1 : 0));
    };
  }

  /** Makes a value an AF_CONN address: any value, told apart as a Map tells keys apart. */
  usrsctp_register_address(addr: unknown): void {
    const number = this.core.sockaddrs.conn.register(addr);
    this.core.attempt(() => this.core.pump.enter(() => this.core.calls.registerAddress(number)));
  }

  /** Ends that. Packets of it are dropped, until the same value is registered again. */
  usrsctp_deregister_address(addr: unknown): void {
    const number = this.core.sockaddrs.conn.deregister(addr);
    if (number === undefined) return;
    this.core.attempt(() => this.core.pump.enter(() => this.core.calls.deregisterAddress(number)));
  }

  /** A packet has come for an AF_CONN address. `ecn_bits`: the ECN field of whatever carried it. */
  usrsctp_conninput(addr: unknown, buffer: Uint8Array, ecn_bits: number = 0): void {
    if (!isBytes(buffer)) throw new TypeError(`the buffer is a Uint8Array, not ${shown(buffer)}`);
    const trafficClass = integer('ecn_bits', ecn_bits) & 3;
    const { pump, sockaddrs } = this.core;
    const address = sockaddrs.conn.numberOf(addr);
    if (address === undefined) return;
    this.core.attempt(() => pump.receiveConn({ address, bytes: buffer, trafficClass, unfragmented: false }));
  }

  /** All counters, which is what C's pointer is told; zeros after usrsctp_finish(). */
  usrsctp_get_stat(): CValue<typeof sctpstat> {
    const { core } = this;
    const counters = core.attempt(() => core.pump.enter(() => core.calls.statistics()));
    return counters === -1 ? decode(sctpstat, new Uint8Array(sctpstat.size), core.sockaddrs) : counters;
  }

  /**
   * Runs the timers that are due. There is no need to call it: the clock that usrsctp_init() was given does. Time isn't
   * moved by `elapsed_milliseconds`, but by that clock.
   */
  usrsctp_handle_timers(elapsed_milliseconds: number = 0): void {
    const elapsed = integer('elapsed_milliseconds', elapsed_milliseconds);
    this.core.attempt(() => this.core.pump.enter(() => this.core.calls.handleTimers(elapsed)));
  }

  /** A packet as text for text2pcap. `outbound`: SCTP_DUMP_OUTBOUND or SCTP_DUMP_INBOUND. Null for no bytes. */
  usrsctp_dumppacket(buf: Uint8Array, outbound: number): string | null {
    if (!isBytes(buf)) throw new TypeError(`the buffer is a Uint8Array, not ${shown(buf)}`);
    return buf.length === 0 ? null : dumpPacket(buf, outbound !== 0, this.core.pump.clock);
  }

  /** Nothing: what usrsctp_dumppacket() returned is JavaScript's to free. */
  usrsctp_freedumpbuffer(_buf: string): void {}

  /** Packets of AF_CONN associations are neither given a checksum nor checked: whatever carries them does that. */
  usrsctp_enable_crc32c_offload(): void {
    this.core.attempt(() => this.core.pump.enter(() => this.core.calls.crc32cOffload(true)));
  }

  /** Ends that. */
  usrsctp_disable_crc32c_offload(): void {
    this.core.attempt(() => this.core.pump.enter(() => this.core.calls.crc32cOffload(false)));
  }

  /** The CRC32c of bytes, as it stands in a packet on a little-endian machine. */
  usrsctp_crc32c(buffer: Uint8Array): number {
    if (!isBytes(buffer)) throw new TypeError(`the buffer is a Uint8Array, not ${shown(buffer)}`);
    return this.core.result(() => this.core.calls.crc32c(buffer));
  }
}
