import { packagedWasm } from '#wasm';
import { checkObject } from '../arguments.js';
import { usrsctpModule, type WasmSource } from '../bridge/module.js';
import { type Clock, systemClock } from '../clock.js';
import { type Random, systemRandom } from '../random.js';
import { Pump } from '../stack/pump.js';
import type { Transport } from '../transport/transport.js';
import type { ConnOutput } from './conn.js';
import { type Usrsctp, usrsctpCalls } from './usrsctp.js';

/** What usrsctp runs on. C's usrsctp_init() takes a UDP port, which here belongs to the transport, and `conn_output`. */
export interface InitOptions {
  /** The network. Default: none, which leaves AF_CONN only. */
  readonly transport?: Transport;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where randomness comes from. Default: the machine's cryptographic source. */
  readonly random?: Random;
  /** Carries the packets of AF_CONN associations. */
  readonly conn_output?: ConnOutput;
  /** usrsctp, compiled to WebAssembly. Default: the one in this package. */
  readonly wasm?: WasmSource;
}

/**
 * Starts an instance of usrsctp; a process may have several. Rejects with the error of the transport, such as EADDRINUSE,
 * if that doesn't start.
 */
export async function usrsctp_init(options: InitOptions = {}): Promise<Usrsctp> {
  checkObject(options, 'the options', 'usrsctp_init');
  const { transport = nowhere(), clock = systemClock, random = systemRandom, conn_output } = options;
  if (typeof transport.send !== 'function')
    throw new TypeError('usrsctp_init: transport must be a transport, such as udp()');
  if (conn_output !== undefined && typeof conn_output !== 'function') {
    throw new TypeError('usrsctp_init: conn_output must be a function');
  }
  const module = await usrsctpModule(options.wasm ?? packagedWasm());
  const pump = await Pump.start({ module, transport, clock, random });
  return usrsctpCalls(pump, conn_output);
}

/** The same as usrsctp_init(), which starts no threads either. */
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
