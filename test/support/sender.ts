// Sends numbered messages to receiver.ts, and closes after a line on standard input. See transfer.ts.
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { type Association, Stack } from '../../src/index.js';
import { transportOf } from './any-transport.js';
import { Digest, messageCount, plan, SCTP_PORT, STREAMS, type Task, tell, waitedMs } from './transfer.js';

const { addresses, peers, bytes, transport: transportName }: Task = JSON.parse(process.argv[2] ?? '');
process.stdin.on('end', () => process.exit(1)); // the test has ended

const transport = transportOf(transportName, { addresses });
const stack = await Stack.create({ transport, preset: 'fast-failover' });
const socket = stack.socket({ streams: { outbound: STREAMS } });
const association = await socket.connectx(peers.map((address) => ({ address, port: SCTP_PORT })));
association.on('path', ({ address, change, mtu }) => tell({ event: 'path', address, change, ...(mtu && { mtu }) }));
const { confirmed, tried } = association.setup;
const counts = Object.fromEntries(tried.map(({ address, sentAtMs }) => [address, sentAtMs.length]));
tell({ event: 'connected', confirmed, tried: counts });
await send(association, messageCount(bytes));
await once(process.stdin, 'data');
const error = await association.close().then(() => association.closed);
const { dropped } = transport;
await stack.close();
tell({ event: 'closed', error: error ? String(error) : null, dropped });
process.stdin.pause();

async function send(to: Association, messages: number): Promise<void> {
  const digest = new Digest();
  for (let index = 0; index < messages; index++) {
    const { stream, length } = plan(index);
    const data = randomFillSync(Buffer.alloc(length), 4);
    data.writeUInt32BE(index);
    digest.add(stream, data);
    await to.send(data, { stream });
  }
  tell({ event: 'done', digest: digest.text(), messages, longestGapMs: 0, waitedMs: waitedMs() });
}
