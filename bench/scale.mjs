// What a set-up and an echo cost as a stack gets more associations: node bench/scale.mjs STYLE N. The server has N
// associations of one socket, or of sockets that were accepted from one. All run in one process, on a network without
// impairments: the times are processor time of both ends together.
import { Stack } from 'usrsctp-wasm';
import { simulated } from './implementations/simulated.mjs';

const PORT = 5001;
/** A one-to-one client needs a port for each association, and 16,384 ports are assigned automatically. */
const CLIENTS = 16;
/** V8 optimizes the code meanwhile. */
const WARM_UP = 3000;
const AT_ONCE = 512;
const ECHOES = 20_000;
const BYTES = 100;

const [style, count] = [process.argv[2], Number(process.argv[3])];
const data = Buffer.alloc(BYTES, 'usrsctp');
const { network, clock, run } = simulated(await import('usrsctp-wasm/simulated').then(({ Network }) => Network));
const [server, ...clients] = await Promise.all(
  Array.from({ length: CLIENTS + 1 }, async (_, index) => {
    const { transport } = network.host(`host ${index}`, [`10.1.0.${index + 1}`]);
    return Stack.create({ transport, clock, limits: { associationsPerAddress: 100_000 } });
  }),
);
const peer = { address: server.addresses[0], port: PORT };
const listener = server.socket({ style });
listener.bindx([peer]);
const accepting = listener.listen({ backlog: 2 * AT_ONCE });
void serve();

await run(warmUp());
await network.advance(1000); // the last associations are freed
const idleBytes = server.memoryInUse;
const heapBytes = usedHeap();
const start = cpuUs();
const associations = await run(connect(count));
const setUpUs = (cpuUs() - start) / count;
const bytes = (server.memoryInUse - idleBytes) / count;
const heap = (usedHeap() - heapBytes) / count;
await run(echo(associations));
const begin = cpuUs();
const rounds = Math.ceil(ECHOES / count);
for (let round = 0; round < rounds; round++) await run(echo(associations));
const echoUs = (cpuUs() - begin) / (rounds * count);
console.log(JSON.stringify({ setUpUs, echoUs, bytes, heapBytesOfBoth: heap, rssMb: process.memoryUsage.rss() / 1e6 }));
process.exit();

async function serve() {
  for await (const association of accepting) void serveOne(association);
}

async function serveOne(association) {
  for await (const { data } of association) void association.send(data);
}

async function connect(number) {
  const all = [];
  while (all.length < number) {
    const batch = Math.min(AT_ONCE, number - all.length);
    const sockets = Array.from({ length: batch }, (_, index) => clients[(all.length + index) % CLIENTS].socket());
    all.push(...(await Promise.all(sockets.map((socket) => socket.connectx([peer], { timeoutMs: 60_000 })))));
  }
  return all;
}

async function warmUp() {
  for (let number = 0; number < WARM_UP; number += AT_ONCE) {
    const all = await connect(AT_ONCE);
    await echo(all);
    await Promise.all(all.map((association) => association.close()));
  }
}

async function echo(all) {
  for (let first = 0; first < all.length; first += AT_ONCE) {
    await Promise.all(
      all.slice(first, first + AT_ONCE).map(async (association) => {
        await association.send(data);
        await association.receive();
      }),
    );
  }
}

function cpuUs() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function usedHeap() {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
