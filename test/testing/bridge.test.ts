import { afterEach, describe, expect, test } from 'vitest';
import type { Association } from '../../src/association/association.js';
import { RealTimeClock } from '../../src/simulated.js';
import { UdpBridge } from '../../src/testing/udp.js';
import { TestNetwork } from '../../src/testing.js';
import { endpoints, receiveAll, sendAll, upTo } from '../scenarios/fixture.js';
import { Child } from '../support/child.js';
import { Namespaces, type Side } from '../support/namespaces.js';
import { freePort } from '../support/native.js';

const ECHO = 7;
const PROGRAM = ['127.81.1.1', '127.81.2.1'];

afterEach(() => Child.endAll());

/** A network in real time, with a host for a program and a host with a stack. */
async function joined(conditions: { loss?: number; latencyMs?: number }) {
  const network = new TestNetwork({ seed: 1, clock: new RealTimeClock(), conditions, traceLength: 10_000 });
  const [port, encapsulationPort] = [await freePort(), await freePort()];
  const theirs = network.host('program', PROGRAM, { encapsulationPort });
  const ours = network.host('ours', ['127.81.1.2', '127.81.2.2'], { encapsulationPort });
  const bridge = await UdpBridge.open(network, [{ host: theirs, port }], encapsulationPort);
  const stack = await network.stack(ours, { preset: 'fast-failover' });
  return { network, port, encapsulationPort, bridge, stack };
}

async function echoed(association: Association, count: number): Promise<void> {
  const [numbers] = await Promise.all([receiveAll(association, count), sendAll(association, count, 500)]);
  expect(numbers).toEqual(upTo(count));
}

describe('a simulated host bridged to UDP', () => {
  test('a program in another process sees a lossy network with two paths, of which one dies', async () => {
    const { network, port, encapsulationPort, bridge, stack } = await joined({ loss: 0.05, latencyMs: 5 });
    const program = new Child(process.execPath, [
      'test/runners/echo.mjs',
      ...[port, encapsulationPort].map(String),
      ...PROGRAM,
    ]);
    await program.printed(/listening/);
    const socket = stack.socket();
    const association = await socket.connectx(endpoints(PROGRAM, ECHO));
    expect(association.setup.confirmed).toEqual(PROGRAM);
    await echoed(association, 100);
    network.partition('127.81.1.1');
    await echoed(association, 30);
    await association.close();
    await program.printed(/the peer has closed/);
    const outcomes = new Set(network.trace.entries().map(({ outcome }) => outcome));
    expect(outcomes).toContain('lost');
    expect(outcomes).toContain('partitioned');
    await socket.close();
    await bridge.close();
    await network.close();
  }, 60_000);

  test('native usrsctp, in a network namespace, sees a lossy network with two paths, of which one dies', async () => {
    const namespaces = new Namespaces();
    const inside = (side: Side, ...command: string[]) => Child.inNamespace(namespaces.name(side), ...command);
    const addresses = (side: Side) => ([1, 2] as const).map((way) => namespaces.address(side, way, 'IPv4'));
    const [port, encapsulationPort] = ['20001', '20002'];
    try {
      namespaces.create();
      inside('left', 'stdbuf', '-oL', '/usr/lib/usrsctp/echo_server', port, encapsulationPort);
      const places = [...addresses('left'), '--', ...addresses('right')];
      const ours = inside('right', process.execPath, 'test/runners/bridge.mjs', port, encapsulationPort, ...places);
      const [, lost, partitioned] = await ours.printed(/62 messages; (\d+) packets lost, (\d+) partitioned/, 40_000);
      expect(await ours.exit()).toBe(0);
      expect(Number(lost)).toBeGreaterThan(0);
      expect(Number(partitioned)).toBeGreaterThan(0);
    } finally {
      await Child.endAll();
      namespaces.remove();
    }
  }, 60_000);

  test('an address that is in use is EADDRINUSE, and nothing stays open', async () => {
    const network = new TestNetwork({ clock: new RealTimeClock() });
    const encapsulationPort = await freePort();
    const theirs = network.host('program', ['127.81.1.1'], { encapsulationPort });
    network.host('ours', ['127.81.1.2', '127.81.2.2'], { encapsulationPort });
    const first = await UdpBridge.open(network, [{ host: theirs, port: 1 }], encapsulationPort);
    theirs.restart();
    const second = UdpBridge.open(network, [{ host: theirs, port: 1 }], encapsulationPort);
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await first.close();
    theirs.restart();
    await (await UdpBridge.open(network, [{ host: theirs, port: 1 }], encapsulationPort)).close();
  });
});

describe('real time', () => {
  test('callbacks come in the order of their times, none before its time', async () => {
    const clock = new RealTimeClock();
    const seen: number[] = [];
    for (const ms of [30, 10, 20, 10.5]) {
      clock.schedule(ms, () => {
        expect(clock.now()).toBeGreaterThanOrEqual(ms);
        seen.push(ms);
      });
    }
    const cancel = clock.schedule(5, () => seen.push(5));
    cancel();
    expect(clock.pending.count).toBe(4);
    await clock.runUntilIdle();
    expect(seen).toEqual([10, 10.5, 20, 30]);
  });

  test('waiting too long is an error that says what is pending', async () => {
    const clock = new RealTimeClock();
    const cancel = clock.schedule(100_000, () => {});
    await expect(clock.runUntilIdle(10)).rejects.toThrow(/not done after 10 ms: 1 scheduled/);
    cancel();
    await clock.runUntilIdle(10);
    await expect(clock.runUntil(Promise.reject(new Error('own')))).rejects.toThrow('own');
    await clock.advance(1);
    expect(clock.describePending()).toBe('nothing is scheduled');
  });
});
