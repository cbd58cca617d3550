// Measures in virtual time, which no other load disturbs: node bench/virtual.mjs loss|rate|message|failover|timers ARGUMENT SEED
import { Stack } from 'usrsctp-wasm';
import { scenario } from 'usrsctp-wasm/simulated';

const PORT = 5001;
const BULK_MS = 60_000;
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
