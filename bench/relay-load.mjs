// A relay in a process of its own, and its clients here:
//   node bench/relay-load.mjs limit RTT_MS     one client that sends as much as the default limit of 2.5 MB/s lets through
//   node bench/relay-load.mjs capacity 0       one client without a limit
//   node bench/relay-load.mjs clients N        N clients, each with a round trip of 100 bytes a second
//   node bench/relay-load.mjs flood 0|1        ten clients with 50 round trips a second each, beside one that floods the relay or not
// Prints what it has measured as JSON.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Stack } from 'usrsctp-wasm';
import { relay } from 'usrsctp-wasm/relay';
import { signTicket } from 'usrsctp-wasm/relay/server';
import { udp } from 'usrsctp-wasm/udp';
import { WebSocket } from 'ws';
import { AUDIENCE, KEY } from './implementations/relay.mjs';
import { echoServer, SmallClient } from './relay-clients.mjs';

const ADDRESS = '127.0.0.1';
const SCTP_PORT = 5001;
const WARM_UP_MS = 2000;
const MEASURE_MS = 8000;
const AT_ONCE = 50;

const measures = { limit, capacity, clients, flood };
const UNLIMITED = { bytesPerSecond: 2 ** 40, totalBytesPerSecond: 2 ** 40 };
const [measure, argument] = process.argv.slice(2);
console.log(JSON.stringify(await measures[measure](Number(argument))));
process.exit();

/** Bytes that arrive per second at a server whose packets are delayed. */
async function limit(rttMs) {
  return bulk(await startRelay({}), rttMs);
}

/** What the relay carries, and its processor time for it. */
async function capacity() {
  return bulk(await startRelay(UNLIMITED), 0);
}

async function bulk(relayProcess, rttMs) {
  const transport = udp({ addresses: [ADDRESS], port: 0 });
  const serving = await Stack.create({ transport });
  const listener = serving.socket();
  listener.bindx([{ address: ADDRESS, port: SCTP_PORT }]);
  listener.listen();
  const link = rttMs === 0 ? transport.port : await delayedLink(transport.port, rttMs / 2);
  const stack = await Stack.create({
    transport: await clientOf(relayProcess.url, 'limit', { encapsulationPort: link }),
  });
  const connecting = stack.socket().connectx([{ address: ADDRESS, port: SCTP_PORT }]);
  const accepted = await listener.accept();
  const association = await connecting;
  const data = new Uint8Array(16_384);
  void (async () => {
    for (;;) await association.send(data);
  })();
  let bytes = 0;
  void (async () => {
    for await (const message of accepted) bytes += message.data.length;
  })();
  await sleep(WARM_UP_MS);
  const [before, start, cpuMs] = [bytes, performance.now(), relayProcess.cpuMs()];
  await sleep(MEASURE_MS);
  const mbPerS = (bytes - before) / 1e3 / (performance.now() - start);
  const cpuSPerGb = (relayProcess.cpuMs() - cpuMs) / 1e3 / ((bytes - before) / 1e9);
  return { mbPerS, srttMs: association.paths()[0]?.srttMs, cpuSPerGb };
}

/** Latency, and what the relay uses, with many clients. */
async function clients(count) {
  const relayProcess = await startRelay({ clients: count, clientsPerSubject: count, unansweredInits: 10 * count });
  const port = await echoServer();
  const all = await connectAll(relayProcess.url, count, port);
  const result = await load(all, 1, relayProcess);
  return { ...result, rssMb: relayProcess.rssMb() };
}

async function flood(isThere) {
  const relayProcess = await startRelay({ clientsPerSubject: 20 });
  const port = await echoServer();
  const all = await connectAll(relayProcess.url, 10, port);
  const flood = isThere ? await startHog(relayProcess.url) : undefined;
  const result = await load(all, 50, relayProcess);
  return { ...result, floodMbPerS: flood?.() ?? 0 };
}

async function connectAll(url, count, port) {
  const all = [];
  for (let first = 0; first < count; first += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - first) }, async (_, index) => {
      const transport = await clientOf(url, `client ${first + index}`);
      return SmallClient.start(transport, ADDRESS, port, first + index);
    });
    all.push(...(await Promise.all(some)));
  }
  return all;
}

/** Each client has `perS` round trips a second, at times of its own. */
async function load(all, perS, relayProcess) {
  const times = [];
  let isMeasured = false;
  const running = all.map(async (client, index) => {
    await sleep((index / all.length) * (1000 / perS));
    for (const end = performance.now() + WARM_UP_MS + MEASURE_MS; performance.now() < end; ) {
      const start = performance.now();
      await client.roundTrip();
      const ms = performance.now() - start;
      if (isMeasured) times.push(ms);
      await sleep(Math.max(0, 1000 / perS - ms));
    }
  });
  await sleep(WARM_UP_MS);
  isMeasured = true;
  const cpuMs = relayProcess.cpuMs();
  await sleep(MEASURE_MS - 1000);
  isMeasured = false;
  const cpu = (relayProcess.cpuMs() - cpuMs) / (MEASURE_MS - 1000);
  await Promise.race([Promise.all(running), sleep(5000)]);
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.floor(times.length * share)] * 1e3;
  return { p50Us: at(0.5), p99Us: at(0.99), cpu, perS: times.length / (MEASURE_MS / 1000 - 1) };
}

/** A client that sends messages of rubbish as fast as its connection takes them. Returns what it has sent, in MB/s. */
async function startHog(url) {
  const socket = new WebSocket(url, 'usrsctp-relay.v1');
  await once(socket, 'open');
  const text = Buffer.from(await ticketOf('flood'));
  socket.send(Buffer.concat([Buffer.from([1, 0, 0, 0]), text]));
  await once(socket, 'message');
  const datagram = Buffer.alloc(9 + 1400, 1);
  Buffer.from([0, 127, 0, 0, 1, 0, 9, 1400 >> 8, 1400 & 255]).copy(datagram);
  const message = Buffer.concat([Buffer.from([0]), ...new Array(40).fill(datagram)]);
  let sent = 0;
  const start = performance.now();
  const send = () => {
    while (socket.bufferedAmount < 1e6) {
      socket.send(message);
      sent += message.length;
    }
    setTimeout(send, 1);
  };
  send();
  return () => sent / 1e3 / (performance.now() - start);
}

async function startRelay(limits) {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const child = spawn(process.execPath, ['bench/relay.mjs', `${port}`, JSON.stringify(limits)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.on('exit', () => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return {
    url: `ws://${ADDRESS}:${port}/relay`,
    /** Processor time of all threads; needs Linux. */
    cpuMs() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    rssMb: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1e3,
  };
}

function ticketOf(subject) {
  const exp = Math.floor(Date.now() / 1000) + 600;
  return signTicket({ sub: subject, aud: AUDIENCE, exp, destinations: ['127.0.0.0/8:*'] }, KEY);
}

async function clientOf(url, subject, options = {}) {
  return relay({ relays: [{ url, ticket: await ticketOf(subject) }], timeoutMs: 30_000, ...options });
}

/** A UDP port that forwards to another one and back, with a delay each way. Returns the port. */
async function delayedLink(to, delayMs) {
  const [outside, inside] = [createSocket('udp4'), createSocket('udp4')];
  for (const socket of [outside, inside]) {
    socket.bind(0, ADDRESS);
    await once(socket, 'listening');
    socket.setRecvBufferSize(1 << 22);
  }
  let client = 0;
  const later = (send) => (delayMs === 0 ? send() : setTimeout(send, delayMs));
  outside.on('message', (bytes, { port }) => {
    client = port;
    later(() => inside.send(bytes, to, ADDRESS));
  });
  inside.on('message', (bytes) => later(() => outside.send(bytes, client, ADDRESS)));
  return outside.address().port;
}
