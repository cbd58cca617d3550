import type { Address } from '../address.js';
import { checkBytes, checkOptions } from '../arguments.js';
import type { Names } from '../nearest-name.js';
import { ladder } from './ladder.js';
import type { ReadPacket } from './reader.js';

/** Options of {@link ladderOf}. */
export interface LadderOptions {
  /** Names of hosts by their addresses. An address without a name stands for itself. */
  readonly names?: Readonly<Record<Address, string>>;
}

const LADDER_OPTIONS: Names<LadderOptions> = { names: true };

/**
 * The packets of a capture as a ladder diagram, one line each. Times are in ms, from the first packet on; the host that sends
 * first is on the left.
 *
 * ```ts
 * const names = { '10.0.1.1': 'client', '10.0.2.1': 'client', '10.0.1.2': 'server' };
 * console.log(ladderOf(readCapture(bytes), { names }).join('\n'));
 * //        0.000  client → INIT → server           10.0.1.1 > 10.0.1.2
 * //        0.125  client ← INIT ACK ← server       10.0.1.2 > 10.0.1.1
 * ```
 */
export function ladderOf(packets: Iterable<ReadPacket>, options: LadderOptions = {}): string[] {
  checkOptions(options, LADDER_OPTIONS, 'ladderOf');
  const { names = {} } = options;
  const nameOf = (address: Address) => (Object.hasOwn(names, address) ? (names[address] ?? address) : address);
  if (typeof packets?.[Symbol.iterator] !== 'function')
    throw new TypeError('ladderOf: give the packets that readCapture() returns');
  const all = [...packets];
  for (const packet of all) checkBytes(packet?.bytes, 'bytes of a packet', 'ladderOf');
  const start = all[0]?.timeMs ?? 0;
  const steps = all.map(({ timeMs, comment, ...datagram }) => ({
    ...datagram,
    sentMs: timeMs - start,
    from: nameOf(datagram.source),
    to: nameOf(datagram.destination),
    isLost: false,
    remark: comment,
  }));
  const hosts = new Set(steps.flatMap(({ from, to }) => [from, to]));
  return ladder(steps, [...hosts]);
}
