import { SctpError } from '../errors.js';
import type { UdpSettings } from '../transport/udp/options.js';
import type { CoresSockets, CoresSteering } from './messages.js';
import type { CoresSettings } from './options.js';
import { hasReusePort, kernelSockets, type OpenShared, reusePortSockets } from './shared-sockets.js';

/** The sockets of all workers, as they can be had in this runtime. */
export interface ChosenSockets {
  readonly steering: CoresSteering;
  readonly sockets: CoresSockets;
  /** Opens those of an address; `undefined` if they are the main thread's. */
  readonly open: OpenShared | undefined;
}

const OF_MAIN_THREAD: ChosenSockets = { steering: 'main', sockets: 'main', open: undefined };

/** Rejects with EOPNOTSUPP or EAFNOSUPPORT if the steering that was asked for isn't possible. By default: the best one that is. */
export async function chooseSockets({ workers, steering }: CoresSettings, udp: UdpSettings): Promise<ChosenSockets> {
  if (steering === 'main') return OF_MAIN_THREAD;
  try {
    const open = await kernelSockets(udp, workers, steering !== 'workers');
    return { steering: steering ?? 'kernel', sockets: 'native', open };
  } catch (error) {
    if (!(error instanceof SctpError)) throw error;
    if (steering === 'kernel') throw error;
    if (await hasReusePort(udp)) {
      return { steering: 'workers', sockets: 'reusePort', open: reusePortSockets(udp) };
    }
    if (steering === undefined) return OF_MAIN_THREAD;
    throw withoutReusePort(error);
  }
}

function withoutReusePort({ code }: SctpError): SctpError {
  const message =
    "steering 'workers' needs the package koffi on 64-bit Linux, or Node 22.12 on a system with SO_REUSEPORT";
  return new SctpError(code, `Cores.start: ${message}`, { syscall: 'Cores.start' });
}
