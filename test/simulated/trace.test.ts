import { expect, test } from 'vitest';
import { Network, scenario } from '../../src/simulated.js';
import { cpuMs } from '../support/cpu.js';
import { chunk, init, sctp, u32 } from '../support/packets.js';
import { listen, pair } from './fixture.js';

test('the trace keeps the last packets with their times and outcomes', async () => {
  const { network, left, right } = await pair({ latencyMs: 2 }, { traceLength: 3 });
  for (let number = 0; number < 4; number++) left.send('10.0.0.2', number, 100 - number);
  await network.advance(1);
  network.partition(left.host, right.host);
  right.send('10.0.0.1', 5);
  expect(network.trace.entries().map(({ number, outcome }) => [number, outcome])).toEqual([
    [2, 'in flight'],
    [3, 'in flight'],
    [4, 'partitioned'],
  ]);
  await network.runUntilIdle();
  expect(network.trace.count).toBe(5);
  const [first] = network.trace.entries();
  expect(first).toMatchObject({
    from: 'left',
    to: 'right',
    sentMs: 0,
    arrivedMs: 2,
    outcome: 'partitioned',
    source: '10.0.0.1',
  });
  expect(first?.bytes).toHaveLength(98);
});

test('the trace has its own copy of the bytes, so receivers may overwrite theirs', async () => {
  const { network, left, right } = await pair();
  left.send('10.0.0.2', 7);
  await network.runUntilIdle();
  right.packets[0]!.bytes.fill(0xff);
  expect(network.trace.entries()[0]?.bytes[3]).toBe(7);
});

test('a trace can be switched off', async () => {
  const { network, left, right } = await pair({ corrupt: 1 }, { traceLength: 0 });
  left.send('10.0.0.2');
  await network.runUntilIdle();
  expect([network.trace.entries(), network.trace.count, right.packets.length]).toEqual([[], 1, 1]);
});

test('describe() draws the packets as a ladder', async () => {
  const network = new Network({ seed: 7, conditions: { latencyMs: 10 } });
  const client = await listen(network, network.host('client', ['10.0.1.1']));
  const server = await listen(network, network.host('server', ['10.0.1.2']));
  const send = (from: typeof client, destination: string, ...chunks: Uint8Array[]) =>
    from.host.transport.send([
      { source: from.host.addresses[0]!, destination, port: 0, trafficClass: 0, bytes: sctp(...chunks) },
    ]);
  send(client, '10.0.1.2', init());
  await network.advance(10);
  send(server, '10.0.1.1', chunk(2, 0, u32(1, 2, 3, 4)));
  await network.advance(10);
  network.link(client.host, server.host, { loss: 1 });
  send(client, '10.0.1.2', chunk(10, 0, u32(1)));
  send(server, '10.0.1.1', chunk(11, 0));
  send(client, '10.0.1.9', chunk(4, 0));
  network.hold();
  send(client, '10.0.1.2', chunk(8, 0));
  expect(`\n${network.describe()}\n`).toBe(`
seed 7, at 20.000 ms: nothing is scheduled, 1 packets held; 6 packets sent
       0.000  client → INIT → server          10.0.1.1 > 10.0.1.2
      10.000  client ← INIT ACK ← server      10.0.1.2 > 10.0.1.1
      20.000  client → COOKIE ECHO ✗ server   10.0.1.1 > 10.0.1.2    lost
      20.000  client ✗ COOKIE ACK ← server    10.0.1.2 > 10.0.1.1    lost
      20.000  client → HEARTBEAT ✗ ?          10.0.1.1 > 10.0.1.9    no host
      20.000  client → SHUTDOWN ACK → server  10.0.1.1 > 10.0.1.2    held
`);
});

test('a promise that never settles fails with seed, pending work and ladder', async () => {
  const { network, left } = await pair({}, { seed: 'unlucky' });
  const beat = () => {
    left.send('10.0.0.2');
    network.clock.schedule(1000, beat);
  };
  beat();
  const failure = await network.runUntil(new Promise(() => {}), 5000).catch((error: Error) => error.message);
  expect(failure).toContain('the limit of 5000 ms');
  expect(failure).toContain('seed "unlucky", at 5000.000 ms: 2 scheduled, the next at 5000.125 ms; 6 packets sent');
  expect(failure).toMatch(/4000\.000 {2}left → .* → right {2}10\.0\.0\.1 > 10\.0\.0\.2$/m);
});

test('a scenario runs its body on virtual time and gives its result', async () => {
  const began = cpuMs();
  const result = await scenario({ seed: 1, limitMs: 1e9 }, async (network) => {
    await network.advance(86_400_000);
    return network.clock.now();
  });
  expect(result).toBe(86_400_000);
  expect(cpuMs() - began).toBeLessThan(1000);
});

test('a failing scenario keeps its error, and adds the description of the network once', async () => {
  const failing = scenario({ seed: 42 }, async (network) => {
    const left = await listen(network, network.host('left', ['10.0.0.1']));
    left.host.transport.send([
      { source: '10.0.0.1', destination: '10.0.0.2', port: 0, trafficClass: 0, bytes: sctp(init()) },
    ]);
    await network.advance(5);
    throw new TypeError('it went wrong');
  });
  const error = await failing.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TypeError);
  const { message } = error as TypeError;
  expect(message).toMatch(/^it went wrong\n\nseed 42, at 5\.000 ms/);
  expect(message).toContain('left → INIT ✗ ?');
  const stuck = await scenario({ seed: 43 }, (network) => network.runUntil(new Promise<string>(() => {}))).catch(
    String,
  );
  expect(stuck.match(/seed 43/g)).toHaveLength(1);
});

test('a day of heartbeats between ten hosts takes seconds', async () => {
  const network = new Network({ seed: 1 });
  const hosts = await Promise.all(
    Array.from({ length: 10 }, (_, index) => listen(network, network.host(`h${index}`, [`10.0.0.${index + 1}`]))),
  );
  for (const [index, host] of hosts.entries()) {
    const beat = () => {
      host.send(`10.0.0.${((index + 1) % 10) + 1}`);
      network.clock.schedule(30_000, beat);
    };
    network.clock.schedule(index * 100, beat);
  }
  const began = cpuMs();
  await network.advance(86_400_000);
  expect(network.trace.count).toBe(28_801);
  expect(cpuMs() - began).toBeLessThan(5000);
});
