import type { Address, Association } from '../../index.js';
import { pathLines } from '../paths.js';
import { bold, dim, green, red } from '../terminal.js';
import { pause } from '../wait.js';
import type { ServerProcess } from './child.js';
import type { Cuttable } from './cuttable.js';
import { event, fact, say, sayAll } from './page.js';
import type { Timeline } from './timeline.js';
import type { Traffic } from './traffic.js';
import { now, until } from './wait.js';

const QUIET_MS = 250;

/** What the failover is shown with. */
export interface FailoverParts {
  readonly server: ServerProcess;
  readonly association: Association;
  readonly network: Cuttable;
  readonly timeline: Timeline;
  readonly traffic: Traffic;
}

/** Cuts the path that carries the messages, and shows the failover. Returns the address that was cut. */
export async function cut({ server, association, network, timeline, traffic }: FailoverParts): Promise<Address> {
  say(
    `A message every ${traffic.everyMs} ms, each answered by the server. Then this process drops all packets from and`,
  );
  say('to one address, in the transport below the stack. Neither stack is told.');
  say();
  const startedAt = now();
  await pause(QUIET_MS);
  const inUse = timeline.firstAfter(startedAt);
  if (inUse === undefined) throw new Error('no message has been answered');

  const cutAt = now();
  network.cut(inUse);
  event(0, `${red('cut')}        ${bold(inUse)}, which carries the messages`);
  const changes = watchPaths(server, association, cutAt);
  const first = await until('a message is answered by another path', () => traffic.firstAfter(cutAt));
  const other = timeline.firstAfter(cutAt) ?? 'another path';
  const failoverMs = first.receivedAtMs - cutAt;
  event(failoverMs, `${green('answer')}     the first message since the cut is answered, by ${bold(other)}`);
  await until('the cut path is given up', () => changes.seen(inUse, 'unreachable'));
  await pause(QUIET_MS);
  changes.end();

  say();
  fact('failover', `${bold(green(`${Math.round(failoverMs)} ms`))} from the cut to the first answer`);
  fact('dropped', `${network.dropped} packets`);
  say();
  timeline.show(
    association.paths().map(({ address }) => address),
    startedAt,
    cutAt,
    now(),
  );
  say();
  sayAll(pathLines(association.paths()));
  return inUse;
}

/** Restores a path, and shows that messages use it again. */
export async function heal(
  { server, association, network, timeline, traffic }: FailoverParts,
  address: Address,
): Promise<void> {
  const healedAt = now();
  network.heal(address);
  event(0, `${green('healed')}     ${bold(address)}`);
  const changes = watchPaths(server, association, healedAt);
  const back = until('messages take the path again', () => timeline.firstBy(address, healedAt));
  await Promise.all([
    back.then((atMs) =>
      event(atMs - healedAt, `${green('answer')}     messages are answered by ${bold(address)} again`),
    ),
    until('the path is available again', () => changes.seen(address, 'available')),
  ]);
  await traffic.stop();
  changes.end();
  say();
  sayAll(pathLines(association.paths()));
}

/** Shows the path events of both ends as they happen. */
function watchPaths(server: ServerProcess, association: Association, sinceMs: number) {
  const seen = new Set<string>();
  const show = (who: string, address: Address, change: string) => {
    event(now() - sinceMs, `${dim('path')}       ${address} is ${change} according to ${who}`);
  };
  const off = association.on('path', ({ address, change }) => {
    seen.add(`${address} ${change}`);
    show('this process', address, change);
  });
  server.onPath = ({ address, change }) => show('the server', address, change);
  return {
    seen: (address: Address, change: string) => seen.has(`${address} ${change}`) || undefined,
    end: () => {
      off();
      server.onPath = () => {};
    },
  };
}
