// One end of many associations over UDP, of which some are busy with round trips of 64 bytes:
// node bench/many.mjs server|client PORT COUNT BUSY MS. Prints what it has measured as JSON.
import { performance } from 'node:perf_hooks';
import { Stack } from 'usrsctp-wasm';
import { udp } from 'usrsctp-wasm/udp';

const ADDRESS = '127.0.0.1';
const SCTP_PORT = 5001;
const AT_ONCE = 100;
const BYTES = 64;

const [end, ...numbers] = process.argv.slice(2);
const [port, count, busy, ms] = numbers.map(Number);
const isServer = end === 'server';
const stack = await Stack.create({ transport: udp({ addresses: [ADDRESS], port: isServer ? port : port + 1 }) });
if (isServer) await serve();
else await connect();

async function serve() {
  const socket = stack.socket({ style: 'one-to-many' });
  socket.bindx([{ address: ADDRESS, port: SCTP_PORT }]);
  const accepting = socket.listen({ backlog: 2 * AT_ONCE });
  console.log('ready');
  let accepted = 0;
  for await (const association of accepting) {
    void echo(association);
    if (++accepted === count) setTimeout(() => print({}), ms);
  }
}

async function echo(association) {
  for await (const { data } of association) void association.send(data);
}

async function connect() {
  const start = cpuUs();
  const associations = await connectAll();
  const setUpUs = (cpuUs() - start) / count;
  const times = [];
  const until = performance.now() + ms;
  await Promise.all(associations.slice(0, busy).map((association) => trips(association, until, times)));
  times.sort((a, b) => a - b);
  const p99Ms = times[Math.floor(times.length * 0.99)];
  print({ setUpUs, perS: (times.length / ms) * 1000, p99Ms });
}

async function connectAll() {
  const peer = { address: ADDRESS, port: SCTP_PORT, encapsulationPort: port };
  const all = [];
  while (all.length < count) {
    const sockets = Array.from({ length: AT_ONCE }, () => stack.socket());
    all.push(...(await Promise.all(sockets.map((socket) => socket.connectx([peer], { timeoutMs: 20_000 })))));
  }
  return all;
}

async function trips(association, until, times) {
  const data = new Uint8Array(BYTES);
  while (performance.now() < until) {
    const sent = performance.now();
    await association.send(data);
    await association.receive();
    times.push(performance.now() - sent);
  }
}

function print(measured) {
  console.log(JSON.stringify({ ...measured, rssMb: process.memoryUsage.rss() / 1e6 }));
}

function cpuUs() {
  const { user, system } = process.cpuUsage();
  return user + system;
}
