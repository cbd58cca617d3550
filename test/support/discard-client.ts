// Sends to the discard service of a native peer until a line comes on standard input, and reports the longest time in
// which nothing was acknowledged although something was sent. See ../interop/failover.test.ts.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Association, Stack } from '../../src/index.js';
import { udp } from '../../src/udp.js';

/** As JSON in the first argument. */
export interface DiscardTask {
  readonly addresses: readonly string[];
  readonly peers: readonly string[];
  readonly port: number;
  /** A message every 50 ms, or as many as the send buffer takes, so that the congestion window is full. */
  readonly amount: 'a message at a time' | 'a full window';
}

/** Lines of JSON on standard output. */
export type DiscardReport =
  /** All paths are confirmed. */
  | { readonly event: 'connected' }
  | { readonly event: 'done'; readonly longestMs: number; readonly acknowledgedBytes: number };

const BYTES = 1000;
const LOOK_MS = 5;

const { addresses, peers, port, amount }: DiscardTask = JSON.parse(process.argv[2] ?? '');
process.stdin.on('end', () => process.exit(1)); // the test has ended

const stack = await Stack.create({ transport: udp({ addresses }) });
const association = await stack.socket().connectx(peers.map((address) => ({ address, port })));
while (!isConfirmed(association)) await sleep(LOOK_MS);
tell({ event: 'connected' });
let sentBytes = 0;
let isOver = false;
const sending = push(association);
const watching = watch(association);
await once(process.stdin, 'data');
isOver = true;
await sending;
tell({ event: 'done', ...(await watching) });
association.abort();
await stack.close();
process.stdin.pause();

/** The peer also lists its IPv6 addresses, to which there is no route here. */
function isConfirmed(to: Association): boolean {
  const active = to.paths().filter(({ state }) => state === 'active');
  return peers.every((peer) => active.some(({ address }) => address === peer));
}

async function push(to: Association): Promise<void> {
  while (!isOver) {
    await to.send(new Uint8Array(BYTES));
    sentBytes += BYTES;
    if (amount === 'a message at a time') await sleep(50);
  }
}

async function watch(of: Association): Promise<{ longestMs: number; acknowledgedBytes: number }> {
  let [acknowledgedBytes, longestMs, progressMs] = [0, 0, performance.now()];
  for (;;) {
    const { flightBytes, queuedBytes } = of.statistics();
    const outstandingBytes = flightBytes + queuedBytes;
    const bytes = sentBytes - outstandingBytes;
    longestMs = Math.max(longestMs, performance.now() - progressMs);
    if (bytes > acknowledgedBytes || outstandingBytes === 0) progressMs = performance.now();
    acknowledgedBytes = Math.max(acknowledgedBytes, bytes);
    if (isOver && (outstandingBytes === 0 || longestMs > 10_000)) return { longestMs, acknowledgedBytes };
    await sleep(LOOK_MS);
  }
}

function tell(report: DiscardReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
