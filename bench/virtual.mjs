// Measures in virtual time, which other load doesn't affect: node bench/virtual.mjs MEASURE ARGUMENT SEED; see
// `measures`.
import { Stack } from 'usrsctp-wasm';
import { scenario } from 'usrsctp-wasm/simulated';

const PORT = 5001;
const BULK_MS = 60_000;
/**
 * The send buffer and the congestion window grow for this long before a rate is measured, and it is measured for
 * RATE_MS.
 */
const GROW_MS = 3000;
const RATE_MS = 1000;
/** Longer than usrsctp remembers a shorter round trip of a path: five to ten seconds (wasm/tuning/min_rtt.c). */
const FORGET_MS = 10_000;
const IDLE_MS = 600_000;
const HEARTBEAT = 4;
const HEARTBEAT_ACK = 5;

const measures = {
  /** 16 KB messages at a round trip of 50 ms. The argument is the share of packets that are lost. */
  loss: (loss, seed) => bulk({ latencyMs: 25, loss: Number(loss) }, seed),

  /** The same without loss, on a link of so many Mbit/s, whose queue holds half of a round trip. */
  rate: (rate, seed) => bulk({ latencyMs: 25, rateBps: rate * 1e6, queueBytes: (rate * 1e6 * 0.025) / 8 }, seed),

  /** A message of 64 KB every 300 ms, at a round trip of 50 ms: how long the last of 20 takes, in ms. */
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

  /** 16 KB messages at a round trip of 50 ms, after three messages at another one. The argument is that one, in ms. */
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

  /**
   * How long a message of 200 KB takes, in ms, after its sender has only received for as many ms as the argument says.
   */
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

  /** How fast a client reads from a one-to-many server. The argument is how many others read ten messages a second. */
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

  /** How fast a client reads from a one-to-many server. The argument is how many others have read from it before. */
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

  /**
   * The path in use is cut while a message is sent every 10 ms: how long until the next one arrives. The argument is
   * the preset.
   */
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
      await network.advance(15); // packets that were on their way
      while (await server.receive({ timeoutMs: 0 }).catch(() => undefined));
      await server.receive();
      return { ms: network.clock.now() - cutMs };
    }),

  /** How often timers wake an idle pair, and how many heartbeats it sends and answers, per minute. */
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

/** Reads all messages; `bytes` counts them. */
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

/**
 * A one-to-many server, and a stack for each name. connect() makes an association of a stack, and resolves to both its
 * ends.
 */
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
