// Receives what sender.ts sends, and reports the longest gap since the line `cut` on standard input. See transfer.ts.
import { type Association, Stack } from '../../src/index.js';
import { transportOf } from './any-transport.js';
import { Digest, messageCount, SCTP_PORT, STREAMS, type Task, tell, waitedMs } from './transfer.js';

const PROGRESS_BYTES = 2 ** 20;

const {
  addresses,
  bytes,
  transport: transportName,
  holdBytes = Number.POSITIVE_INFINITY,
}: Task = JSON.parse(process.argv[2] ?? '');
process.stdin.on('end', () => process.exit(1)); // the test has ended

const transport = transportOf(transportName, { addresses });
const stack = await Stack.create({ transport, preset: 'fast-failover' });
const socket = stack.socket({ streams: { outbound: STREAMS } });
socket.bindx(addresses.map((address) => ({ address, port: SCTP_PORT })));
socket.listen();
tell({ event: 'listening' });
const association = await socket.accept();
association.on('path', ({ address, change, mtu }) => tell({ event: 'path', address, change, ...(mtu && { mtu }) }));
await receive(association, messageCount(bytes));
const error = await association.closed;
const { dropped } = transport;
await stack.close();
tell({ event: 'closed', error: error ? String(error) : null, dropped });
process.stdin.pause();

/** Reports the digest of the expected number of messages. More or fewer messages are an error. */
async function receive(from: Association, expected: number): Promise<void> {
  const digest = new Digest();
  const goOn = new Promise<void>((resolve) => {
    process.stdin.setEncoding('utf8').on('data', (lines: string) => {
      if (lines.includes('cut')) longestGapMs = 0;
      if (lines.includes('go on')) resolve();
    });
  });
  let [messages, got, reportedBytes, longestGapMs, lastMs] = [0, 0, 0, 0, performance.now()];
  for await (const { stream, data } of from) {
    const heldMs = performance.now();
    if (got > holdBytes) await goOn;
    lastMs += performance.now() - heldMs;
    const now = performance.now();
    if (messages > 0) longestGapMs = Math.max(longestGapMs, now - lastMs);
    lastMs = now;
    messages++;
    got += data.length;
    if (messages > expected) throw new Error(`message ${messages} was never sent`);
    digest.add(stream, data);
    if (got - reportedBytes >= PROGRESS_BYTES) {
      tell({ event: 'progress', bytes: got });
      reportedBytes = got;
    }
    if (messages === expected)
      tell({ event: 'done', digest: digest.text(), messages, longestGapMs, waitedMs: waitedMs() });
  }
  if (messages < expected) throw new Error(`only ${messages} of ${expected} messages have come`);
}
