import packagedWasm from '../../build/wasm/usrsctp.wasm';
import { checkObject } from '../arguments.js';
import { usrsctpModule, type WasmSource } from '../bridge/module.js';
import { type Clock, systemClock } from '../clock.js';
import { type Random, systemRandom } from '../random.js';
import { Pump } from '../stack/pump.js';
import type { Transport } from '../transport/transport.js';
import { type SysctlCalls, sysctlCalls } from './sysctls.js';
import { type ConnOutput, UsrsctpCalls } from './usrsctp.js';

/** usrsctp's public functions under their own names. C's `errno` is the property `errno`. */
export type Usrsctp = UsrsctpCalls & SysctlCalls;

/** What usrsctp is made of. C's arguments are a UDP port, which the transport has, and `conn_output`. */
export interface InitOptions {
  /** The network below. Default: none, which leaves AF_CONN. */
  readonly transport?: Transport;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where randomness comes from. Default: the machine's cryptographic source. */
  readonly random?: Random;
  /** Carries the packets of AF_CONN associations. */
  readonly conn_output?: ConnOutput;
  /** The C part. Default: the one in this package. */
  readonly wasm?: WasmSource;
}

/**
 * Starts usrsctp: an instance of its own, so that several can live in one process. Rejects with what the transport says,
 * such as EADDRINUSE.
 */
export async function usrsctp_init(options: InitOptions = {}): Promise<Usrsctp> {
  checkObject(options, 'the options', 'usrsctp_init');
  const { transport = nowhere(), clock = systemClock, random = systemRandom, conn_output } = options;
  if (typeof transport.send !== 'function') throw new TypeError('usrsctp_init: give a transport, such as udp()');
  if (conn_output !== undefined && typeof conn_output !== 'function') {
    throw new TypeError('usrsctp_init: conn_output is a function');
  }
  const module = await usrsctpModule(packagedWasm(options.wasm));
  const pump = await Pump.start({ module, transport, clock, random });
  const calls = new UsrsctpCalls(pump, conn_output);
  return Object.assign(calls, sysctlCalls(calls.core));
}

/** The same: there are no threads to leave out. */
export const usrsctp_init_nothreads: typeof usrsctp_init = usrsctp_init;

/** A transport without addresses. */
function nowhere(): Transport {
  return {
    addresses: [],
    mtu: 1500,
    start: async () => undefined,
    send: () => undefined,
    close: async () => undefined,
  };
}
