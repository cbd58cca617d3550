// One end of an association between two machines whose addresses change. The client sends a message every 20 ms, and the server
// sends each one back. Both report the events of their stack and of their paths, as lines of JSON (see roaming.ts).
import { type Association, Stack } from '../../src/index.js';
import { transportOf } from './any-transport.js';
import { type RoamingReport, type RoamingTask, SCTP_PORT } from './roaming.js';

const INTERVAL_MS = 20;

const { role, peers, transport, udpOptions = {}, port = SCTP_PORT }: RoamingTask = JSON.parse(process.argv[2] ?? '');
process.stdin.on('end', () => process.exit(1)); // the test has ended

const stack = await Stack.create({ transport: transportOf(transport, udpOptions) });
stack.on('addresses', ({ added, removed, addresses }) => tell({ event: 'addresses', added, removed, addresses }));
const association = role === 'server' ? await accepted() : await connected();
association.on('path', ({ address, change }) => tell({ event: 'path', address, change }));
association.on('close', (error) => {
  tell({ event: 'closed', error: error ? String(error) : null, ecn: stack.statistics().ecn });
});
if (role === 'server') await answer(association);
else void sendAndCount(association);
process.stdin.once('data', () => void association.close());
await association.closed;
await stack.close();
process.stdin.pause();

async function accepted(): Promise<Association> {
  const socket = stack.socket();
  socket.bindx([{ address: '::', port }]);
  socket.listen();
  tell({ event: 'listening', addresses: stack.addresses });
  return socket.accept();
}

async function connected(): Promise<Association> {
  return stack.socket().connectx(
    peers.map((address) => ({ address, port })),
    { timeoutMs: 20_000 },
  );
}

async function answer(from: Association): Promise<void> {
  for await (const { data } of from) await from.send(data);
}

/** Reports every 25th answer. Each message must be answered once, in order. */
async function sendAndCount(to: Association): Promise<void> {
  void countAnswers(to);
  for (let index = 0; to.state === 'open'; index++) {
    await to.send(String(index));
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}

async function countAnswers(from: Association): Promise<void> {
  let [answers, longestGapMs, lastMs] = [0, 0, performance.now()];
  for await (const { data } of from) {
    const index = Number(new TextDecoder().decode(data));
    if (index !== answers) throw new Error(`answer ${index} came in place of ${answers}`);
    answers++;
    longestGapMs = Math.max(longestGapMs, performance.now() - lastMs);
    lastMs = performance.now();
    if (answers % 25 === 0) tell({ event: 'answers', answers, longestGapMs });
  }
}

function tell(report: RoamingReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
