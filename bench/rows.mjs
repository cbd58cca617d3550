// What is measured. A row has implementations, each a function that takes a sample, and metrics, each a number of a
// sample.
import { readFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import { single, twoProcesses } from './child.mjs';

const node = (program, ...args) => [process.execPath, '--expose-gc', `bench/${program}.mjs`, ...args];
/** Without flags, as programs are usually started: with a V8 flag, Node compiles its own modules anew. */
const plain = (program, ...args) => [process.execPath, `bench/${program}.mjs`, ...args];
const native = (program, ...args) => [`build/bench/${program}`, ...args];

const SIZES = { 64: '64 B', 1024: '1 KB', 16384: '16 KB', 65536: '64 KB' };
/** The payload of a datagram in an IP packet of 1,500 bytes, and in the largest one. */
const DATAGRAM_BYTES = { 'dgram, 1,500': 1472, dgram: 65_507 };

/** 100,000 set-ups, and as many echoes twice. */
const SCALE_LIMIT_MS = 300_000;
/** A thousand clients that connect, and a measurement of 10 s. */
const RELAY_LIMIT_MS = 120_000;
/** Thousands of set-ups by up to four clients at once. */
const CORES_LIMIT_MS = 120_000;

/** The rows with loss (virtual.mjs): the round trip, the largest window, and the data in a packet of 1,500 bytes. */
const RTT_S = 0.05;
const WINDOW_BYTES = 4 * 2 ** 20;
const CHUNK_BYTES = 1448;

const mbPerS = { unit: 'MB/s', of: (sample) => sample.mbPerS };
/** Per second of processor time of the thread: on an idle machine that is MB/s, and other load changes it little. */
const mbPerCpuS = { unit: 'MB per CPU s', of: ({ gb, cpuS, threadS = cpuS }) => (gb * 1e3) / threadS };
/** Of both ends, each per GB that it has sent or received. */
const cpuPerGb = {
  unit: 'CPU s/GB',
  isLessBetter: true,
  of: ({ client, server }) => client.cpuS / client.gb + server.cpuS / server.gb,
};
/** Per second of processor time of both ends together. */
const mbPerCpuSOfBoth = { unit: 'MB per CPU s', plot: false, of: (sample) => 1e3 / cpuPerGb.of(sample) };
const p50 = { unit: 'µs p50', isLessBetter: true, of: (sample) => sample.p50Us };
/** Of the end that starts the round trip, or of both in memory. */
const cpuPerTrip = { unit: 'CPU µs', isLessBetter: true, plot: false, of: (sample) => sample.cpuUs };
const p99 = { unit: 'µs p99', isLessBetter: true, of: (sample) => sample.p99Us };

/**
 * The share of the time that the end which starts the round trip waited for a processor; native ones don't report it.
 */
const waited = { plot: false, of: (sample) => sample.waited ?? 0 };

/** All rows. `ms`: how long a sample is measured. */
export function rows(ms) {
  return [
    ...memoryRows(ms),
    ...udpRows(ms),
    ...relayRows(ms),
    ...relayLoadRows(),
    ...coresRows(ms),
    ...dataChannelRows(ms),
    ...virtualRows(),
    ...scaleRows(),
    coldRow(),
    ...sizeRows(),
  ];
}

const memoryImplementations = {
  ours: (...args) => node('memory', 'ours', ...args),
  'ours, direct': (...args) => node('memory', 'ours.direct', ...args),
  raw: (...args) => node('memory', 'raw', ...args),
  native: (...args) => native('upstream', ...args),
  'native, ours': (...args) => native('link', ...args),
  werift: (...args) => node('memory', 'werift', ...args),
  module: (...args) => node('memory', 'module', ...args),
};
/** The implementations that all rows in memory can have. */
const complete = Object.keys(memoryImplementations).filter((name) => name !== 'module');

function memoryRows(ms) {
  const row = (measure, bytes, label, metrics, implementations = complete) => ({
    name: `memory.${measure}${measure === 'bulk' ? `.${bytes}` : ''}`,
    label: `in memory: ${label}`,
    metrics,
    implementations: Object.fromEntries(
      implementations.map((name) => [name, single(memoryImplementations[name](measure, `${bytes}`, `${ms}`))]),
    ),
  });
  return [
    ...Object.entries(SIZES).map(([bytes, size]) =>
      row('bulk', bytes, size, { mbPerS: { ...mbPerS, plot: false }, mbPerCpuS }),
    ),
    row('roundtrip', 64, 'round trip, 64 B', { p50, p99, cpuPerTrip }),
    row(
      'setups',
      64,
      'set-up and close',
      {
        perS: { unit: '/s', plot: false, of: (sample) => sample.perS },
        perCpuS: { unit: 'per CPU s', of: (sample) => sample.perCpuS },
      },
      Object.keys(memoryImplementations),
    ),
    row(
      'first',
      64,
      'the first 1,000 set-ups',
      { cpuMs: { unit: 'CPU ms', isLessBetter: true, of: (sample) => sample.cpuMs } },
      ['ours', 'ours, direct', 'raw', 'module', 'werift'],
    ),
    row('burst', 64, '100 set-ups at once', { ms: { unit: 'ms', isLessBetter: true, of: (sample) => sample.ms } }),
    row('idle', 64, 'an idle pair', { kb: { unit: 'KB', isLessBetter: true, of: (sample) => sample.kb } }, [
      'ours',
      'native',
      'native, ours',
      'werift',
    ]),
  ];
}

const udpImplementations = {
  ours: (...args) => node('end', 'ours', ...args),
  'ours, 1,500': (...args) => node('end', 'ours.small', ...args),
  'ours, asleep': (...args) => node('end', 'ours.asleep', ...args),
  native: (...args) => native('udp', ...args),
  werift: (...args) => node('end', 'werift', ...args),
  'dgram, 1,500': (...args) => node('end', 'dgram', ...args),
  dgram: (...args) => node('end', 'dgram', ...args),
};

const relayImplementations = {
  ours: (...args) => node('end', 'relay', ...args),
  ws: (...args) => node('end', 'ws', ...args),
};

/** Packets of 1,500 bytes, by `usrsctp-wasm/native` and by others. */
const nativeImplementations = (variant) => ({
  ours: (...args) => node('end', `ours.${variant}`, ...args),
  'ours, udp()': (...args) => node('end', 'ours.small', ...args),
  native: (...args) => native('udp', ...args),
  dgram: (...args) => node('end', 'dgram', ...args),
});

const udpRows = (ms) => [
  ...processRows('udp', 'UDP, two processes', udpImplementations, ms, {}),
  ...processRows('udp.native', 'UDP in batches, 1,500', nativeImplementations('batches'), ms, {}, 1472),
  ...processRows('ip', 'without UDP, 1,500', nativeImplementations('ip'), ms, {}, 1472),
];
const relayRows = (ms) =>
  processRows('relay', 'through a relay', relayImplementations, ms, { ours: (port) => node('relay', port) });

/** The default limit of a relay, and how much of it is data if packets are 1,500 bytes. */
const RELAY_LIMIT_MB_PER_S = 2.5;
const RELAY_DATA_SHARE = CHUNK_BYTES / 1500;

/** A relay with its default limits, in a process of its own. The implementations are numbers of clients, round trips, or clients beside. */
function relayLoadRows() {
  const row = (measure, label, metrics, values, more = {}) => ({
    name: `relay.${measure}`,
    label: `relay: ${label}`,
    repeats: 1,
    metrics,
    implementations: {
      ...Object.fromEntries(
        Object.entries(values).map(([name, value]) => [
          name,
          single(plain('relay-load', measure, `${value}`), RELAY_LIMIT_MS),
        ]),
      ),
      ...more,
    },
  });
  const cpu = { unit: 'cores', isLessBetter: true, of: (sample) => sample.cpu };
  const latency = { p50, p99, cpu };
  const rss = { unit: 'MB', isLessBetter: true, of: (sample) => sample.rssMb };
  const srtt = { unit: 'ms, smoothed round trip', isLessBetter: true, of: (sample) => sample.srttMs };
  const limit = async () => ({ mbPerS: RELAY_LIMIT_MB_PER_S * RELAY_DATA_SHARE });
  const roundTrips = { '0 ms': 0, '10 ms': 10, '20 ms': 20, '40 ms': 40, '60 ms': 60 };
  return [
    row('limit', 'bulk at the limit, by round trip', { mbPerS, srtt }, roundTrips, { limit }),
    row(
      'capacity',
      'bulk without a limit, and what it costs the relay',
      { mbPerS, cpu: { unit: 'CPU s/GB of the relay', isLessBetter: true, of: (sample) => sample.cpuSPerGb } },
      { ours: 0 },
    ),
    row('clients', 'many clients, a round trip a second each', { ...latency, rss }, { 200: 200, '1,000': 1000 }),
    row('flood', 'ten clients, alone and beside one that floods', latency, { alone: 0, 'beside a flood': 1 }),
  ];
}

/** A server in several threads. For each of them there is a process with a client. */
function coresRows(ms) {
  const programs = {
    '1 worker': ['kernel', 1],
    '2 workers': ['kernel', 2],
    '4 workers': ['kernel', 4],
    '2 apart': ['apart', 2],
    '4 apart': ['apart', 4],
    '2, by main': ['main', 2],
    'native, 1 client': ['native', 1, 1],
    'native, 2 clients': ['native', 1, 2],
  };
  const row = (name, label, unit, figures) => ({
    name: `cores.${name}`,
    label: `several cores: ${label}`,
    metrics: {
      perCpuS: { unit: `${unit} per CPU s`, of: (sample) => figures(sample).perCpu },
      perS: { unit: `${unit}/s`, plot: false, of: (sample) => figures(sample).perSecond },
    },
    implementations: Object.fromEntries(
      Object.entries(programs).map(([program, [steering, workers, clients = workers]]) => [
        program,
        single(plain('cores', steering, `${workers}`, `${2 * ms}`, `${clients}`), CORES_LIMIT_MS),
      ]),
    ),
  });
  return [
    row('messages', 'messages of 64 B, echoed', 'messages', ({ messages }) => messages),
    row('setups', 'set-up and close', 'set-ups', ({ setUps }) => setUps),
  ];
}

/** Each end is a process; `dgramBytes` is the size of the datagrams of `dgram`; `helpers` are commands of a process between them, by implementation. */
function processRows(kind, title, implementations, ms, helpers, dgramBytes = DATAGRAM_BYTES.dgram) {
  const row = (measure, bytes, label, metrics, names) => ({
    name: `${kind}.${measure}${measure === 'bulk' ? `.${bytes}` : ''}`,
    label: `${title}: ${label}`,
    metrics,
    implementations: Object.fromEntries(
      names.map((name) => {
        const most = { ...DATAGRAM_BYTES, dgram: dgramBytes }[name] ?? bytes;
        const size = measure === 'bulk' ? Math.min(bytes, most) : bytes;
        return [name, twoProcesses(implementations[name], measure, size, ms, helpers[name])];
      }),
    ),
  });
  const received = { unit: 'MB/s', of: ({ server }) => server.mbPerS };
  const metrics = { mbPerS: received, cpuPerGb, mbPerCpuS: mbPerCpuSOfBoth };
  const ofClient = (metric) => ({ ...metric, of: ({ client }) => metric.of(client) });
  const trip = { p50: ofClient(p50), p99: ofClient(p99), cpuPerTrip: ofClient(cpuPerTrip), waited: ofClient(waited) };
  const names = Object.keys(implementations);
  const oneSize = names.filter((name) => !name.endsWith('1,500'));
  return [
    ...Object.entries(SIZES).map(([bytes, size]) => row('bulk', bytes, size, metrics, names)),
    row('roundtrip', 64, 'round trip, 64 B', trip, oneSize),
  ];
}

/** Over ICE and DTLS on loopback, both ends in one process. */
function dataChannelRows(ms) {
  const implementations = { ours: 'ours', werift: 'werift', 'node-datachannel': 'native' };
  const row = (measure, bytes, label, metrics) => ({
    name: `datachannel.${measure}${measure === 'bulk' ? `.${bytes}` : ''}`,
    label: `data channels over DTLS: ${label}`,
    metrics,
    implementations: Object.fromEntries(
      Object.entries(implementations).map(([name, variant]) => [
        name,
        single(node('memory', `datachannel.${variant}`, measure, `${bytes}`, `${ms}`)),
      ]),
    ),
  });
  const ofProcess = { unit: 'CPU s/GB', isLessBetter: true, plot: false, of: (sample) => sample.cpuS / sample.gb };
  const { 64: _, ...sizes } = SIZES;
  return [
    ...Object.entries(sizes).map(([bytes, size]) => row('bulk', bytes, size, { mbPerS, cpuPerGb: ofProcess })),
    row('roundtrip', 64, 'round trip, 64 B', { p50, p99, cpuPerTrip }),
  ];
}

/** The most that congestion control allows at a loss rate (Mathis et al. 1997), or the receive window; in MB/s. */
function lossLimit(loss) {
  const byWindow = WINDOW_BYTES / RTT_S / 1e6;
  return loss === 0 ? byWindow : Math.min(byWindow, ((CHUNK_BYTES / RTT_S) * Math.sqrt(1.5 / loss)) / 1e6);
}

/** In virtual time results are the same on each machine. Each repeat has a seed of its own. */
function virtualRows() {
  const implementation = (measure, argument) => (repeat) =>
    single(node('virtual', measure, argument, `${repeat + 1}`))();
  /** `others`: the same measure with other arguments, by implementation. */
  const row = (name, measure, argument, label, metrics, others = {}) => ({
    name,
    label: `virtual time: ${label}`,
    metrics,
    implementations: Object.fromEntries(
      Object.entries({ ours: argument, ...others }).map(([each, value]) => [each, implementation(measure, value)]),
    ),
  });
  const ms = { unit: 'ms', isLessBetter: true, of: (sample) => sample.ms };
  return [
    ...[0, 0.01, 0.05].map((loss) => {
      const ours = row(`loss.${loss}`, 'loss', `${loss}`, `16 KB, 50 ms RTT, ${loss * 100} % loss`, { mbPerS });
      const limit = async () => ({ mbPerS: lossLimit(loss) });
      return { ...ours, implementations: { ...ours.implementations, limit } };
    }),
    ...[10, 100].map((rate) => {
      const ours = row(`rate.${rate}`, 'rate', `${rate}`, `16 KB, 50 ms RTT, ${rate} Mbit/s`, { mbPerS });
      const limit = async () => ({ mbPerS: (rate / 8) * (CHUNK_BYTES / 1500) });
      return { ...ours, implementations: { ...ours.implementations, limit } };
    }),
    row('message', 'message', '-', 'a message of 64 KB after a pause, 50 ms RTT', { ms }),
    row('far', 'far', '1', '16 KB, 50 ms RTT, after messages at 1 ms RTT', { mbPerS }, { 'always 50 ms': '50' }),
    row('silent', 'silent', '1500', '200 KB after 1.5 s of receiving only, 50 ms RTT', { ms }, { 'no pause': '0' }),
    row('readers', 'readers', '10', '16 KB, 50 ms RTT, beside ten slow readers', { mbPerS }, { alone: '0' }),
    row('newcomer', 'newcomer', '24', '16 KB, 50 ms RTT, after 24 other clients', { mbPerS }, { alone: '0' }),
    ...['fast-failover', 'rfc7829', 'rfc9260'].map((preset) => {
      return row(`failover.${preset}`, 'failover', preset, `from a cut to the next message, ${preset}`, { ms });
    }),
    row('timers', 'timers', '-', 'an idle pair, per minute', {
      fired: { unit: 'timers', isLessBetter: true, of: (sample) => sample.perMinute },
      heartbeats: { unit: 'heartbeats', plot: false, of: (sample) => sample.heartbeatsPerMinute },
    }),
  ];
}

/** Native usrsctp refuses more than 40,000 associations. */
const SCALES = { ours: [1000, 10_000, 20_000, 100_000], native: [1000, 10_000, 20_000] };

/** The implementations are numbers of associations. In memory the times are those of both ends together. */
function scaleRows() {
  const us = (name) => ({ unit: `CPU µs, ${name}`, isLessBetter: true });
  const metrics = {
    setUpUs: { ...us('set-up'), of: (sample) => sample.setUpUs },
    echoUs: { ...us('echo'), of: (sample) => sample.echoUs },
    bytes: { unit: 'bytes each', isLessBetter: true, plot: false, of: (sample) => sample.bytes ?? Number.NaN },
  };
  const row = (style) => ({
    name: `scale.${style}`,
    label: `many associations: ${style}`,
    repeats: 1,
    metrics,
    implementations: Object.fromEntries([
      ...SCALES.ours.map((count) => {
        const command = [process.execPath, '--expose-gc', '--max-old-space-size=4096', 'bench/scale.mjs', style, count];
        return [count.toLocaleString('en'), single(command, SCALE_LIMIT_MS)];
      }),
      ...SCALES.native.map((count) => [
        `native, ${count.toLocaleString('en')}`,
        single(native('upstream', style, 100, count), SCALE_LIMIT_MS),
      ]),
    ]),
  });
  return [row('one-to-many'), row('one-to-one'), scaleUdpRow()];
}

function scaleUdpRow() {
  const command = (end, _, port) => node('many', end, port, '10000', '1000', '4000');
  const metrics = {
    perS: { unit: 'round trips/s', of: ({ client }) => client.perS },
    p99: { unit: 'ms p99', isLessBetter: true, of: ({ client }) => client.p99Ms },
    setUpUs: { unit: 'CPU µs, set-up', isLessBetter: true, of: ({ client }) => client.setUpUs },
    rss: { unit: 'MB, server', isLessBetter: true, of: ({ server }) => server.rssMb },
  };
  const implementations = { ours: twoProcesses(command, 'many', 64, 4000) };
  const label = 'many associations: 10,000 over UDP, of which 1,000 are busy';
  return { name: 'scale.udp', label, repeats: 1, metrics, implementations };
}

function coldRow() {
  const implementations = { ours: single(plain('cold', 'ours')), werift: single(plain('cold', 'werift')) };
  const metrics = {
    ms: { unit: 'ms', isLessBetter: true, of: (sample) => sample.ms },
    cpuMs: { unit: 'CPU ms', isLessBetter: true, of: (sample) => sample.cpuMs },
  };
  return { name: 'cold', label: 'start and size: cold start', metrics, implementations };
}

function sizeRows() {
  const bundles = JSON.parse(readFileSync('build/bundle.json', 'utf8'));
  const row = (name, label, files) => ({
    name,
    label: `start and size: ${label}`,
    metrics: { kb: { unit: 'KB brotli', isLessBetter: true, of: (sample) => sample.kb } },
    repeats: 1,
    implementations: {
      ours: async () => ({
        kb: files.reduce((sum, file) => sum + brotliCompressSync(readFileSync(file)).length, 0) / 1e3,
      }),
    },
  });
  return [
    row('size.wasm', 'usrsctp.wasm', ['build/wasm/usrsctp.wasm']),
    row('size.index', 'the package with all that it loads', bundles['dist/index.js']),
  ];
}
