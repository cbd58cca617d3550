import type { SctpError } from '../errors.js';
import { sctpstat } from '../generated/layouts.js';
import { checkBytes, integer } from './arguments.js';
import type { Core } from './core.js';
import { dumpPacket } from './dump.js';
import type { ErrnoName } from './errno.js';
import { type CValue, decode } from './value.js';

/** What belongs to no socket: errno, statistics, timers, the end of usrsctp, and functions on packets. */
export interface InstanceCalls {
  /** The name of the last error, such as `EINPROGRESS`, or 0 if there was none. As in C, a call that succeeds doesn't change it. */
  readonly errno: ErrnoName | 0;

  /** Why every call fails with ENETDOWN, once usrsctp has been finished or has died. */
  readonly stopError: SctpError | undefined;

  /** Resolves when nothing of usrsctp keeps the process alive any more; call usrsctp_finish() first. */
  readonly finished: Promise<void>;

  /**
   * Ends usrsctp, and the transport with it; every call fails with ENETDOWN afterwards. -1 with EBUSY while there are
   * sockets, or associations that are still shutting down: call it again later.
   */
  usrsctp_finish(): number;

  /** All counters. C stores them through its pointer argument. They are 0 after usrsctp_finish(). */
  usrsctp_get_stat(): CValue<typeof sctpstat>;

  /**
   * Runs the timers that are due. You needn't call it, because the clock that usrsctp_init() was given does. Time is that
   * of the clock: `elapsed_milliseconds` doesn't move it.
   */
  usrsctp_handle_timers(elapsed_milliseconds?: number): void;

  /**
   * A packet as text for text2pcap, or null if there are no bytes. `outbound` is SCTP_DUMP_OUTBOUND or
   * SCTP_DUMP_INBOUND.
   */
  usrsctp_dumppacket(buf: Uint8Array, outbound: number): string | null;

  /** Does nothing: JavaScript frees what usrsctp_dumppacket() returned. */
  usrsctp_freedumpbuffer(buf: string): void;

  /** The CRC32c of bytes, as a packet has it when it is read as a little-endian number. */
  usrsctp_crc32c(buffer: Uint8Array): number;
}

export function instanceCalls(core: Core): InstanceCalls {
  const { calls, pump } = core;
  let finished = Promise.resolve();
  return {
    get errno() {
      return core.errno;
    },

    get stopError() {
      return pump.stopError;
    },

    get finished() {
      return finished;
    },

    usrsctp_finish() {
      if (pump.stopError) return 0;
      const result = core.result(() => pump.calls.finish());
      if (result === 0) finished = pump.stop();
      return result;
    },

    usrsctp_get_stat() {
      const counters = core.attempt(() => pump.enter(() => calls.statistics()));
      return counters === -1 ? decode(sctpstat, new Uint8Array(sctpstat.size), core.sockaddrs) : counters;
    },

    usrsctp_handle_timers(elapsed_milliseconds = 0) {
      const elapsed = integer('elapsed_milliseconds', elapsed_milliseconds);
      core.attempt(() => pump.enter(() => calls.handleTimers(elapsed)));
    },

    usrsctp_dumppacket(buf, outbound) {
      checkBytes('the buffer', buf);
      return buf.length === 0 ? null : dumpPacket(buf, outbound !== 0, pump.clock);
    },

    usrsctp_freedumpbuffer: () => undefined,

    usrsctp_crc32c(buffer) {
      checkBytes('the buffer', buffer);
      return core.result(() => calls.crc32c(buffer));
    },
  };
}
