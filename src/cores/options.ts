import { checkOptions, shown } from '../arguments.js';
import { SctpError } from '../errors.js';
import type { Names } from '../nearest-name.js';
import { MOST_SHARES } from '../share.js';
import { parseOptions } from '../transport/udp/options.js';
import type { UdpOptions } from '../transport/udp.js';
import type { CoresSteering } from './messages.js';

/** Options of `udp()` that can be passed to a thread: filters are texts, and the clock is the machine's. */
export type CoresUdpOptions = Omit<UdpOptions, 'clock' | 'include' | 'exclude'> & {
  /** As in `udp()`: networks, addresses and names of interfaces. */
  readonly include?: string | readonly string[];
  /** As in `udp()`: networks, addresses and names of interfaces. */
  readonly exclude?: string | readonly string[];
};

/** Options of {@link Cores}. */
export interface CoresOptions {
  /** How many workers there are, 1 to 256. Default: as many as processors can be used (`os.availableParallelism`). */
  readonly workers?: number;
  /** The addresses and the UDP port of all workers together, and the other options of `udp()`. */
  readonly udp?: CoresUdpOptions;
  /**
   * How packets get to the worker that they are for. Default: `kernel` on Linux with the package `koffi`; else `workers` where Node can share
   * a port (from 22.12 on); else `main`. With `kernel` and `workers`, `Cores.start` rejects with EOPNOTSUPP or EAFNOSUPPORT where that isn't
   * possible.
   */
  readonly steering?: CoresSteering;
  /** Whether a worker that ends by itself is followed by another one with the same share. Default true. */
  readonly respawn?: boolean;
  /**
   * How many paths of associations there is room for, of all workers together. Default 200,000, which takes 4 MB. The INIT of a peer
   * that restarts may reach another worker if there are more.
   */
  readonly paths?: number;
  /** How long `close` and `drain` wait for a worker to end by itself before they terminate it, in ms. Default 5000. */
  readonly graceMs?: number;
  /** `workerData` of the workers: an object that can be cloned. `usrsctpCores` is added to it. */
  readonly workerData?: object;
  /** Command line arguments of the workers: `process.argv` from index 2 on. */
  readonly argv?: readonly string[];
  /** Node's options of the workers, such as `--import`. Default: those of this thread. */
  readonly execArgv?: readonly string[];
}

const NAMES: Names<CoresOptions> = {
  workers: true,
  udp: true,
  steering: true,
  respawn: true,
  paths: true,
  graceMs: true,
  workerData: true,
  argv: true,
  execArgv: true,
};

const STEERINGS: readonly unknown[] = [undefined, 'kernel', 'workers', 'main'];
const MOST_PATHS = 10_000_000;

/** Checks the options, and adds defaults. Throws TypeError or EINVAL. */
export function coresSettings(options: CoresOptions, processors: number): CoresSettings {
  checkOptions(options, NAMES, 'Cores.start');
  const { workers = Math.min(processors, MOST_SHARES), paths = 200_000, graceMs = 5000 } = options;
  checkInteger('workers', workers, 1, MOST_SHARES);
  checkInteger('paths', paths, 1, MOST_PATHS);
  checkInteger('graceMs', graceMs, 0, 2 ** 31 - 1);
  if (!STEERINGS.includes(options.steering)) {
    throw invalid(`\`steering\` is ${shown(options.steering)}: give 'kernel', 'workers' or 'main'`);
  }
  const { udp = {}, workerData = {} } = options;
  parseOptions(udp);
  for (const filter of [udp.include ?? [], udp.exclude ?? []].flat() as readonly unknown[]) {
    if (typeof filter === 'function')
      throw invalid('filters of `udp` must be texts: functions can’t be passed to workers');
  }
  if ('clock' in udp) throw invalid('`udp` has a clock: that can’t be passed to workers');
  if (typeof workerData !== 'object' || workerData === null || Array.isArray(workerData)) {
    throw new TypeError(`Cores.start: workerData must be an object, not ${shown(workerData)}`);
  }
  return { ...options, workers, paths, graceMs, udp, workerData, respawn: options.respawn ?? true };
}

/** The options, completed with their defaults. */
export type CoresSettings = CoresOptions &
  Required<Pick<CoresOptions, 'workers' | 'paths' | 'graceMs' | 'udp' | 'workerData' | 'respawn'>>;

function checkInteger(name: string, value: unknown, least: number, most: number): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  throw invalid(`\`${name}\` is ${shown(value)}: give an integer from ${least} to ${most}`);
}

function invalid(message: string): SctpError {
  return new SctpError('EINVAL', `Cores.start: ${message}`, { syscall: 'Cores.start' });
}
