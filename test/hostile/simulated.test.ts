import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as simulated from '../../src/simulated.js';
import * as testing from '../../src/testing.js';
import { anything, type Probes, probe, record, tryAll } from './probe.js';
import { exportsOf, methodsOf, methodsOfInterface } from './surface.js';

const { Network, RealTimeClock, SeededRandom, VirtualClock } = simulated;
const KNOBS = [
  'latencyMs',
  'jitterMs',
  'loss',
  'reorder',
  'duplicate',
  'corrupt',
  'rateBps',
  'queueBytes',
  'mark',
  'mtu',
];
const conditions = record(...KNOBS);
const networkOptions = record('seed', 'clock', 'conditions', 'unreachable', 'traceLength');
const addresses = fc.oneof(
  anything,
  fc.array(fc.oneof(anything, fc.constantFrom('10.0.9.9', '10.0.9.9/24', '::1/129'))),
);
const end = fc.oneof(anything, fc.constantFrom<unknown>('10.0.1.1', '*', 'client'));
const group = fc.oneof(end, fc.array(end));
const duration = fc
  .oneof(anything, fc.integer({ min: -10, max: 1000 }))
  .filter((each) => each !== Number.POSITIVE_INFINITY);

/** Lengths that do not allocate gigabytes. */
const notHuge = anything.filter((length) => typeof length !== 'number' || !(length > 1e6));

/** Each call that changes a network gets a network of its own. */
const fresh = () => {
  const network = new Network({ seed: 1 });
  network.host('client', ['10.0.1.1']);
  return network;
};

const clock = (make: () => simulated.NetworkClock): Probes => ({
  now: probe([]),
  schedule: probe([anything, anything], (delay, callback) => make().schedule(delay, callback)),
  at: probe([anything, anything], (time, callback) => make().at(time, callback)),
  advance: probe([anything], (ms) => waitFor(make().advance(ms))),
  runUntilIdle: probe([anything], (limit) => waitFor(make().runUntilIdle(limit))),
  runUntil: probe([anything, anything], (promise, limit) => waitFor(make().runUntil(promise, limit))),
  standStill: probe([anything], (work) => waitFor(make().standStill(work))),
  describePending: probe([]),
});

/** Some arguments are valid and make the call wait forever. */
const waitFor = (work: Promise<unknown>) => Promise.race([work, new Promise((resolve) => setImmediate(resolve))]);

const networkProbes: Probes = {
  host: probe([fc.oneof(anything, fc.string()), addresses, record('mtu', 'encapsulationPort')], (name, list, options) =>
    fresh().host(name, list, options),
  ),
  nat: probe([record('inside', 'outside', 'mapping', 'filtering', 'lifetimeMs')], (options) => fresh().nat(options)),
  link: probe([end, end, conditions], (a, b, given) => fresh().link(a, b, given)),
  oneWay: probe([end, end, conditions], (a, b, given) => fresh().oneWay(a, b, given)),
  partition: probe([group, group], (a, b) => fresh().partition(a, b)),
  heal: probe([anything]),
  hold: probe([group, group], (a, b) => fresh().hold(a, b)),
  release: probe([anything]),
  filter: probe([anything], (filter) => fresh().filter(filter)),
  advance: probe([duration], (ms) => waitFor(fresh().advance(ms))),
  runUntilIdle: probe([anything], (limit) => waitFor(fresh().runUntilIdle(limit))),
  runUntil: probe([anything, duration], (promise, limit) => waitFor(fresh().runUntil(promise, limit))),
  standStill: probe([anything], (work) => waitFor(fresh().standStill(work))),
  describe: probe([anything]),
  pcapng: probe([anything]),
};

test('no argument of a simulated network does harm', async () => {
  const network = fresh();
  await tryAll('Network', network, methodsOf(network), networkProbes);
  const nat = network.nat({ inside: ['10.0.1.1'], outside: '192.0.2.1' });
  await tryAll('Nat', nat, methodsOfInterface('Nat', 'src/simulated/nat.ts'), { rebind: probe([anything]) });
  const [host] = network.hosts;
  await tryAll('Host', host!, methodsOfInterface('Host', 'src/simulated/host.ts'), {
    addressDown: probe([anything]),
    addressUp: probe([anything]),
    crash: probe([anything]),
    restart: probe([anything]),
  });
  await tryAll('Trace', network.trace, methodsOfInterface('Trace', 'src/simulated/trace.ts'), {
    entries: probe([anything]),
  });
  await tryAll(
    'VirtualClock',
    network.clock,
    methodsOf(network.clock),
    clock(() => new VirtualClock()),
  );
  const realTime = new RealTimeClock();
  await tryAll(
    'RealTimeClock',
    realTime,
    methodsOf(realTime),
    clock(() => new RealTimeClock(new VirtualClock())),
  );
  await tryAll('SeededRandom', network.random, methodsOf(network.random), {
    fork: probe([anything]),
    word: probe([anything]),
    next: probe([anything]),
    below: probe([anything]),
    bytes: probe([notHuge]),
    fill: probe([anything]),
  });
  await tryAll('usrsctp-wasm/simulated', simulated, exportsOf(simulated), {
    Network: probe([networkOptions], (options) => new Network(options)),
    VirtualClock: probe([anything], (start) => new VirtualClock(start)),
    RealTimeClock: probe([record('now', 'schedule')], (given) => new RealTimeClock(given)),
    SeededRandom: probe([anything], (seed) => new SeededRandom(seed)),
    scenario: probe([networkOptions, anything], (options, body) => waitFor(simulated.scenario(options, body))),
  });
  expect(network.hosts).toHaveLength(1);
});

test('no argument of the testing helpers does harm', async () => {
  const network = new testing.TestNetwork({ seed: 1 });
  const host = network.host('client', ['10.0.1.1']);
  await tryAll('TestNetwork', network, methodsOf(network), {
    ...networkProbes,
    stack: probe([anything, record('preset', 'timers', 'sysctls')], (given, options) =>
      given === host ? undefined : network.stack(given, options),
    ),
    run: probe([anything, duration], (body, limit) => waitFor(new testing.TestNetwork().run(body, limit))),
    close: probe([anything], () => new testing.TestNetwork().close()),
  });
  const recorder = new testing.RecordingHost();
  await tryAll('RecordingHost', recorder, methodsOf(recorder), {
    receive: probe([anything]),
    unreachable: probe([anything, anything]),
    changed: probe([anything]),
  });
  await tryAll('usrsctp-wasm/testing', testing, exportsOf(testing), {
    LeakError: probe([anything], () => undefined), // accepts any argument
    RecordingHost: probe([anything], () => new testing.RecordingHost()),
    TestNetwork: probe([networkOptions], (options) => new testing.TestNetwork(options)),
    networkFixture: probe([networkOptions]),
    payload: probe([notHuge, anything]),
    transportContract: probe([anything]),
    useNetwork: probe([record('afterEach'), networkOptions]),
    withNetwork: probe([networkOptions, anything]),
  });
});
