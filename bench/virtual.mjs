// Measures in virtual time, which no other load disturbs: node bench/virtual.mjs MEASURE ARGUMENT SEED, see `measures`.
import { Stack } from 'usrsctp-wasm';
import { scenario } from 'usrsctp-wasm/simulated';

const PORT = 5001;
const BULK_MS = 60_000;
/** What a send buffer and a congestion window need to grow before a rate is measured, and how long it is then. */
const GROW_MS = 3000;
const RATE_MS = 1000;
/** A path's round trip is the shortest of the last five to ten seconds (wasm/tuning/min_rtt.c). */
const FORGET_MS = 10_000;
const IDLE_MS = 600_000;
const HEARTBEAT = 4;
const HEARTBEAT_ACK = 5;

const measures = {
  /** Messages of 16 KB at a round trip of 50 ms; the argument is the share of packets that are lost. */
  loss: (loss, seed) => bulk({ latencyMs: 25, loss: Number(loss) }, seed),

  /** The same without losses at a rate in Mbit/s; half of a round trip may wait for it. */
  rate: (rate, seed) => bulk({ latencyMs: 25, rateBps: rate * 1e6, queueBytes: (rate * 1e6 * 0.025) / 8 }, seed),

  /** A message of 64 KB every 300 ms at 50 ms: what the last of 20 takes, in ms. */
  message: (_argument, seed) =>
    scenario({ seed, conditions: { latencyMs: 25 }, limitMs: 1e7 }, async (network) => {
      const [client, server] = await pair(network, 1, {});
      let ms;
      for (let count = 0; count < 20; count++) {
        const start = network.clock.now();
        await client.send(new Uint8Array(65_536));
        await server.receive();
        ms = network.clock.now() - start;
        await network.advance(300 - ms);
      }
      return { ms };
    }),

  /** 16 KB messages at a round trip of 50 ms, after three messages at another one; the argument is that one, in ms. */
  far: (firstMs, seed) =>
    scenario({ seed, conditions: { latencyMs: firstMs / 2 }, limitMs: 1e7 }, async (network) => {
      const [client, server] = await pair(network, 1, {});
      const received = countBytes(server);
      for (let count = 0; count < 3; count++) {
        await client.send('near');
        await network.advance(100);
      }
      network.link('10.0.1.1', '10.0.1.2', { latencyMs: 25 });
      flood(client, 16_384);
      await network.advance(FORGET_MS);
      return rateOf(network, received);
    }),

  /** What a message of 200 KB takes at 50 ms, in ms, after the argument's ms in which its sender has only received. */
  silent: (silentMs, seed) =>
    scenario({ seed, conditions: { latencyMs: 25 }, limitMs: 1e7 }, async (network) => {
      const [client, server] = await pair(network, 1, {});
      const receive = async () => {
        for (;;) await client.receive();
      };
      receive().catch(() => undefined);
      for (let count = 0; count < 40; count++)
        await Promise.all([client.send(new Uint8Array(100_000)), server.receive()]);
      for (const end = network.clock.now() + Number(silentMs); network.clock.now() < end; await network.advance(50)) {
        await server.send(new Uint8Array(1000));
      }
      const start = network.clock.now();
      await Promise.all([client.send(new Uint8Array(200_000)), server.receive()]);
      return { ms: network.clock.now() - start };
    }),

  /** What one client reads of a one-to-many server at 50 ms, beside as many that read ten messages a second. */
  readers: (slow, seed) =>
    scenario({ seed, conditions: { latencyMs: 25 }, limitMs: 1e7 }, async (network) => {
      const { connect } = await serverOf(network, ['slow', 'fast']);
      for (let count = 0; count < slow; count++) {
        const [client, served] = await connect('slow');
        readSlowly(network, client);
        flood(served, 16_384);
      }
      const [client, served] = await connect('fast');
      const received = countBytes(client);
      flood(served, 16_384);
      return rateOf(network, received);
    }),

  /** What one more client reads of a one-to-many server at 50 ms that as many clients have read from before. */
  newcomer: (earlier, seed) =>
    scenario({ seed, conditions: { latencyMs: 25 }, limitMs: 1e7 }, async (network) => {
      const { connect } = await serverOf(network, ['earlier', 'newcomer']);
      for (let count = 0; count < earlier; count++) {
        const [client, served] = await connect('earlier');
        countBytes(client);
        const stop = flood(served, 16_384);
        await network.advance(1000);
        stop();
      }
      const [client, served] = await connect('newcomer');
      const received = countBytes(client);
      flood(served, 16_384);
      return rateOf(network, received);
    }),

  /** A message every 10 ms, and the path in use is cut; the argument is the preset. */
  failover: (preset, seed) =>
    scenario({ seed, conditions: { latencyMs: 10 }, limitMs: 1e7 }, async (network) => {
      const [client, server] = await pair(network, 2, { preset });
      const tick = () => {
        void client.send('tick');
        network.clock.schedule(10, tick);
      };
      tick();
      await network.advance(2000);
      const path = client.paths().find(({ primary }) => primary);
      network.link(path.address, '*', { loss: 1 });
      const cutMs = network.clock.now();
      while (await server.receive({ timeoutMs: 0 }).catch(() => undefined));
      await network.advance(15); // what was on its way
      while (await server.receive({ timeoutMs: 0 }).catch(() => undefined));
      await server.receive();
      return { ms: network.clock.now() - cutMs };
    }),

  /** How often the clock wakes an idle pair in ten minutes, and how many heartbeats are sent and answered meanwhile. */
  timers: (_argument, seed) =>
    scenario({ seed, conditions: { latencyMs: 10 }, limitMs: 1e7 }, async (network) => {
      let fired = 0;
      let heartbeats = 0;
      const schedule = (delayMs, callback) =>
        network.clock.schedule(delayMs, () => {
          fired++;
          callback();
        });
      await pair(network, 1, { clock: { now: () => network.clock.now(), schedule } });
      await network.advance(1000);
      fired = 0;
      network.filter(({ bytes }) => {
        if (bytes[12] === HEARTBEAT || bytes[12] === HEARTBEAT_ACK) heartbeats++;
        return undefined;
      });
      await network.advance(IDLE_MS);
      return { perMinute: (fired * 60_000) / IDLE_MS, heartbeatsPerMinute: (heartbeats * 60_000) / IDLE_MS };
    }),
};

function bulk(conditions, seed) {
  return scenario({ seed, conditions, limitMs: 1e7 }, async (network) => {
    const [client, server] = await pair(network, 1, {});
    const data = new Uint8Array(16_384);
    const send = async () => {
      for (;;) await client.send(data);
    };
    send().catch(() => undefined);
    let bytes = 0;
    const start = network.clock.now();
    for await (const message of server) {
      bytes += message.data.length;
      if (network.clock.now() >= start + BULK_MS) break;
    }
    return { mbPerS: bytes / 1e3 / (network.clock.now() - start) };
  });
}

/** Sends messages one after the other until the function that it returns is called. */
function flood(association, bytes) {
  let isOver = false;
  const data = new Uint8Array(bytes);
  const send = async () => {
    while (!isOver) await association.send(data);
  };
  send().catch(() => undefined);
  return () => {
    isOver = true;
  };
}

/** Reads all that comes; `bytes` grows. */
function countBytes(association) {
  const received = { bytes: 0 };
  const read = async () => {
    for await (const message of association) received.bytes += message.data.length;
  };
  read().catch(() => undefined);
  return received;
}

function readSlowly(network, association) {
  const read = async () => {
    for (;;) {
      await association.receive();
      await new Promise((resolve) => network.clock.schedule(100, resolve));
    }
  };
  read().catch(() => undefined);
}

async function rateOf(network, received) {
  await network.advance(GROW_MS);
  const before = received.bytes;
  await network.advance(RATE_MS);
  return { mbPerS: (received.bytes - before) / 1e3 / RATE_MS };
}

/** A one-to-many server, and hosts with a stack each, whose associations connect() makes: both ends of one. */
async function serverOf(network, names) {
  const start = (name, index) => {
    const { transport, random } = network.host(name, [`10.0.1.${index + 1}`]);
    return Stack.create({ transport, random, clock: network.clock });
  };
  const [server, ...stacks] = await network.standStill(Promise.all(['server', ...names].map(start)));
  const endpoint = { address: '10.0.1.1', port: PORT };
  const listener = server.socket({ style: 'one-to-many' });
  listener.bindx([endpoint]);
  listener.listen();
  const connect = (name) => Promise.all([stacks[names.indexOf(name)].socket().connect(endpoint), listener.accept()]);
  return { connect };
}

async function pair(network, paths, options) {
  const addresses = (host) => Array.from({ length: paths }, (_, path) => `10.0.${path + 1}.${host}`);
  const hosts = ['client', 'server'].map((name, index) => network.host(name, addresses(index + 1)));
  const start = ({ transport, random }) => Stack.create({ transport, random, clock: network.clock, ...options });
  const [client, server] = await network.standStill(Promise.all(hosts.map(start)));
  const endpoints = addresses(2).map((address) => ({ address, port: PORT }));
  const listener = server.socket();
  listener.bindx(endpoints);
  listener.listen();
  return Promise.all([client.socket().connectx(endpoints), listener.accept()]);
}

const [measure, argument, seed] = process.argv.slice(2);
console.log(JSON.stringify(await measures[measure](argument, Number(seed))));
process.exit();
