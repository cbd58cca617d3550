// Measures a server in several worker threads (usrsctp-wasm/cores):
//
//   node bench/cores.mjs [SECONDS] [STEERING…]      by default 5 seconds each, kernel and main
//
// For 1, 2 and 4 workers: messages of 64 bytes and set-ups for each second of processor time that the server's process uses, with
// all its threads, and for each second of the clock. For each worker there is a process with a client, so that the workers have as
// much to do as a single one. (With less to do at a time, a message takes more processor time, because fewer are sent together.)
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Cores } from '../dist/cores.js';
import { Stack } from '../dist/index.js';
import { udp } from '../dist/udp.js';

const WORKERS = [1, 2, 4];
const ADDRESS = '127.0.0.1';
const SERVER = [{ address: ADDRESS, port: 5001 }];
const ASSOCIATIONS = 64;
/** Messages that each association has on their way. */
const WINDOW = 8;
const SET_UPS = 1000;

const [role, ...rest] = process.argv.slice(2);
if (role === 'server') await serve(Number(rest[0]), rest[1]);
else if (role === 'client') await load(Number(rest[0]), Number(rest[1]), Number(rest[2]));
else await measureAll(Number(role ?? 5), rest.length > 0 ? rest : ['kernel', 'main']);

async function serve(workers, steering) {
  const file = new URL('cores-worker.mjs', import.meta.url);
  const cores = await Cores.start(file, { workers, steering, udp: { addresses: [ADDRESS], port: 0 } });
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

async function measureAll(seconds, steerings) {
  console.log('steering  workers   messages/CPU s    messages/s   set-ups/CPU s     set-ups/s');
  for (const steering of steerings) {
    for (const workers of WORKERS) {
      const { messages, setUps } = await measure(workers, steering, seconds * 1000);
      const figures = [messages.perCpu, messages.perSecond, setUps.perCpu, setUps.perSecond];
      const columns = figures.map((figure) => Math.round(figure).toLocaleString('en').padStart(14));
      console.log(`${steering.padEnd(8)}  ${String(workers).padStart(7)}  ${columns.join('')}`);
    }
  }
}

async function measure(workers, steering, durationMs) {
  const server = start('server', workers, steering);
  const { port } = await answerOf(server);
  const clients = Array.from({ length: workers }, (_, number) => start('client', port, number, durationMs));
  await Promise.all(clients.map(answerOf));
  const all = async (order) => {
    const counts = clients.map(answerOf);
    for (const client of clients) client.send(order);
    return (await Promise.all(counts)).reduce((sum, { count }) => sum + count, 0);
  };
  const messages = await during(server, () => all('messages'));
  const setUps = await during(server, () => all('set-ups'));
  await all('end');
  server.send('end');
  await once(server, 'exit');
  return { messages, setUps };
}

function start(...args) {
  return fork(fileURLToPath(import.meta.url), args.map(String));
}

async function answerOf(child) {
  const [answer] = await once(child, 'message');
  return answer;
}

/** A client. It has an address of its own, because two clients may use the same SCTP port. */
async function load(port, number, durationMs) {
  const addresses = [`127.0.0.${10 + number}`];
  const stack = await Stack.create({ transport: udp({ addresses, port: 0, encapsulationPort: port }) });
  const connect = () => stack.socket().connectx(SERVER);
  const associations = await Promise.all(Array.from({ length: ASSOCIATIONS }, connect));
  const orders = {
    messages: async () => {
      const end = performance.now() + durationMs;
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
  process.on('message', async (order) => {
    const count = await orders[order]();
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

/** How much was done for each second of the server's processor time, and for each second. */
async function during(child, run) {
  const before = await cpuMs(child);
  const start = performance.now();
  const count = await run();
  const seconds = (performance.now() - start) / 1000;
  const cpuSeconds = ((await cpuMs(child)) - before) / 1000;
  return { perCpu: count / cpuSeconds, perSecond: count / seconds };
}

async function cpuMs(child) {
  child.send('cpu');
  return (await answerOf(child)).cpuMs;
}
