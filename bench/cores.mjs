// Measures a server in several worker threads (usrsctp-wasm/cores):
//
//   node bench/cores.mjs STEERING WORKERS MS [CLIENTS]
//
// STEERING is that of the workers. `native` is usrsctp in C, with its own threads and one that echoes. `apart` is as many processes
// with one worker each, which share nothing but the machine: what several workers would give if it cost nothing that they work
// together. The clients take the addresses of these processes in turn. The row `cores` of the bench runs it.
//
// It prints, as JSON, messages of 64 bytes and set-ups for each second of processor time that the server's process uses, with all its
// threads, and for each second of the clock. For each worker there is a process with a client, so that the workers have as much to
// do as a single one. (With less to do at a time, a message takes more processor time, because fewer are sent together.)
import { fork, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Cores } from '../dist/cores.js';
import { Stack } from '../dist/index.js';
import { udp } from '../dist/udp.js';

/** The addresses of servers by number. */
const addressOf = (number) => `127.0.0.${1 + number}`;
/** Each client has an address of its own, because two clients may use the same SCTP port. */
const clientAddressOf = (number) => `127.0.0.${101 + number}`;
const ASSOCIATIONS = 64;
/** Messages that each association has on their way. */
const WINDOW = 8;
const SET_UPS = 4000;
/**
 * Each worker compiles the code for itself, because each has a V8 of its own. Before that is done, a message costs three times as much
 * processor time, and four workers pay it four times.
 */
const WARM_UP_ROUNDS = 3;
const WARM_UP_MS = 1500;

const [role, ...rest] = process.argv.slice(2);
if (role === 'server') await serve(Number(rest[0]), rest[1], rest[2], Number(rest[3]));
else if (role === 'client') await load(...rest.map(Number));
else console.log(JSON.stringify(await measure(role, ...rest.map(Number))));

async function serve(workers, steering, address, port) {
  const file = new URL('cores-worker.mjs', import.meta.url);
  const cores = await Cores.start(file, { workers, steering, udp: { addresses: [address], port } });
  process.on('message', async (order) => {
    if (order === 'end') {
      await cores.close();
      process.exit();
    }
    const { user, system } = process.cpuUsage();
    process.send({ cpuMs: (user + system) / 1000 });
  });
  process.send({ port: cores.port });
}

async function measure(steering, workers, durationMs, clientCount = workers) {
  const servers = await serversOf(steering, workers);
  const [{ port }] = servers;
  const clients = Array.from({ length: clientCount }, (_, number) => start('client', port, number, servers.length));
  await Promise.all(clients.map(answerOf));
  const all = async (order, ms) => {
    const counts = clients.map(answerOf);
    for (const client of clients) client.send({ order, ms });
    return (await Promise.all(counts)).reduce((sum, { count }) => sum + count, 0);
  };
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    await all('messages', WARM_UP_MS);
    await all('set-ups');
  }
  const messages = await during(servers, () => all('messages', durationMs));
  const setUps = await during(servers, () => all('set-ups'));
  await all('end');
  await Promise.all(servers.map((server) => server.end()));
  return { messages, setUps };
}

async function serversOf(steering, workers) {
  if (steering === 'native') return [await nativeServer()];
  if (steering !== 'apart') return [await ourServer(workers, steering)];
  const first = await ourServer(1, 'kernel');
  const others = Array.from({ length: workers - 1 }, (_, number) => ourServer(1, 'kernel', number + 1, first.port));
  return [first, ...(await Promise.all(others))];
}

async function ourServer(workers, steering, number = 0, udpPort = 0) {
  const child = start('server', workers, steering, addressOf(number), udpPort);
  const { port } = await answerOf(child);
  return {
    port,
    cpuMs: async () => {
      child.send('cpu');
      return (await answerOf(child)).cpuMs;
    },
    end: async () => {
      child.send('end');
      await once(child, 'exit');
    },
  };
}

async function nativeServer() {
  const port = await freePort();
  const child = spawn('build/bench/echo', [`${port}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data'); // it is ready
  return {
    port,
    cpuMs: async () => {
      // The first field is the time that a thread has run, in ns.
      const tasks = `/proc/${child.pid}/task`;
      const times = readdirSync(tasks).map((task) => readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]);
      return times.reduce((sum, time) => sum + Number(time), 0) / 1e6;
    },
    end: async () => {
      child.kill();
      await once(child, 'exit');
    },
  };
}

async function freePort() {
  const socket = createSocket('udp4').bind(0, addressOf(0));
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

function start(...args) {
  return fork(fileURLToPath(import.meta.url), args.map(String));
}

async function answerOf(child) {
  const [answer] = await once(child, 'message');
  return answer;
}

/** A client of one or more servers. */
async function load(udpPort, number, servers) {
  const addresses = [clientAddressOf(number)];
  const stack = await Stack.create({ transport: udp({ addresses, port: 0, encapsulationPort: udpPort }) });
  let next = 0;
  const connect = () => stack.socket().connectx([{ address: addressOf(next++ % servers), port: 5001 }]);
  const associations = await Promise.all(Array.from({ length: ASSOCIATIONS }, connect));
  const orders = {
    messages: async (ms) => {
      const end = performance.now() + ms;
      const counts = await Promise.all(associations.map((association) => talk(association, end)));
      return counts.reduce((sum, count) => sum + count, 0);
    },
    'set-ups': async () => {
      for (let done = 0; done < SET_UPS; done += 50) {
        await Promise.all(Array.from({ length: 50 }, async () => (await connect()).close()));
      }
      return SET_UPS;
    },
    end: async () => {
      await stack.close();
      setImmediate(() => process.disconnect());
      return 0;
    },
  };
  process.on('message', async ({ order, ms }) => {
    const count = await orders[order](ms);
    if (process.connected) process.send({ count });
  });
  process.send({ count: 0 });
}

/** Sends messages and receives them back until a time. */
async function talk(association, end) {
  const message = new Uint8Array(64);
  let received = 0;
  for (let sent = 0; sent < WINDOW; sent++) await association.send(message);
  for (let sent = WINDOW; received < sent; received++) {
    await association.receive();
    if (performance.now() >= end) continue;
    await association.send(message);
    sent++;
  }
  return received;
}

/** How much was done for each second of the servers' processor time, and for each second. */
async function during(servers, run) {
  const cpuMs = async () => {
    const each = await Promise.all(servers.map((server) => server.cpuMs()));
    return each.reduce((sum, ms) => sum + ms, 0);
  };
  const before = await cpuMs();
  const start = performance.now();
  const count = await run();
  const seconds = (performance.now() - start) / 1000;
  const cpuSeconds = ((await cpuMs()) - before) / 1000;
  return { perCpu: count / cpuSeconds, perSecond: count / seconds };
}
