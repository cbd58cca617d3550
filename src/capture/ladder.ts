import { describePacket } from '../wire/describe.js';
import type { Datagram } from './datagram.js';

/** A packet as a ladder diagram shows it. */
export interface LadderStep extends Datagram {
  readonly sentMs: number;
  /** The names of the hosts; `to` is undefined if no host has the destination address. */
  readonly from: string;
  readonly to: string | undefined;
  /** Whether it never arrived. */
  readonly isLost: boolean;
  /** Printed at the end of the line. */
  readonly remark: string | undefined;
}

/**
 * Packets as a ladder diagram, one line each. The host that comes first in `hostNames` is on the left:
 *
 * ```
 *        0.000  client → INIT → server           10.0.1.1 > 10.0.1.2
 *        0.125  client ← INIT ACK ← server       10.0.1.2 > 10.0.1.1
 *        0.250  client → COOKIE ECHO ✗ server    10.0.1.1 > 10.0.1.2    lost
 * ```
 */
export function ladder(steps: readonly LadderStep[], hostNames: readonly string[]): string[] {
  const arrows = steps.map((step) => arrow(step, hostNames));
  const width = Math.max(0, ...arrows.map((text) => text.length));
  return steps.map((step, index) => {
    const time = step.sentMs.toFixed(3).padStart(12);
    const line = `${time}  ${(arrows[index] ?? '').padEnd(width)}  ${addresses(step)}`;
    return step.remark === undefined ? line : `${line}    ${step.remark}`;
  });
}

function arrow({ from, to = '?', bytes, isLost }: LadderStep, hostNames: readonly string[]): string {
  const isLeftward = hostNames.includes(to) && hostNames.indexOf(to) < hostNames.indexOf(from);
  const what = describePacket(bytes);
  if (isLeftward) return `${to} ${isLost ? '✗' : '←'} ${what} ← ${from}`;
  return `${from} → ${what} ${isLost ? '✗' : '→'} ${to}`;
}

function addresses({ source, destination, sourcePort, destinationPort }: LadderStep): string {
  if (destinationPort === 0) return `${source} > ${destination}`;
  return `${source} udp ${sourcePort} > ${destination} udp ${destinationPort}`;
}
