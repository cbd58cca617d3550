import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Stack } from '../../src/index.js';
import { udp } from '../../src/udp.js';
import { Child } from '../support/child.js';
import { closeLater, closeRelays, startRelay, ticket } from '../support/relays.js';
import { type Result, runAll, type Setting } from './contract.js';
import { serve } from './messages.js';
import { CRASH, relayScenarios } from './relay.js';
import { RUNTIMES } from './runtimes.js';
import { simulatedScenarios } from './simulated.js';
import { udpScenarios } from './udp.js';

/** The results of the sources in this process. The results of all runtimes must be the same. */
const here: Result[] = [];
beforeAll(() => runAll(simulatedScenarios, {}, (line) => here.push(JSON.parse(line))), 60_000);

afterAll(async () => {
  await Child.endAll();
  await closeRelays();
});

/** Starts two relays to an echo server, and an echo server that is reached by UDP. */
async function setting(): Promise<Setting> {
  const relays = [await startRelay('127.0.1.11'), await startRelay('127.0.2.11')];
  const endpoints = await Promise.all(relays.map(async ({ url }) => ({ url, ticket: await ticket() })));
  const server = await echoServer(['127.0.1.1', '127.0.2.1'], (text) => {
    if (text === CRASH) void relays[0]?.crash();
  });
  return { relays: { endpoints, server }, echo: await echoServer(['127.0.0.1', '::1']) };
}

async function echoServer(addresses: readonly string[], heard: (text: string) => void = () => {}) {
  const transport = udp({ addresses, port: 0 });
  const stack = closeLater(await Stack.create({ transport, preset: 'fast-failover' }));
  const endpoints = addresses.map((address) => ({ address, port: 5001 }));
  serve(stack, endpoints, ({ data }) => heard(new TextDecoder().decode(data)));
  return { endpoints, udpPort: transport.port };
}

for (const { name, hasUdp, prepare } of RUNTIMES) {
  describe(name, () => {
    const results = new Map<string, Result>();
    beforeAll(async () => {
      const [command = '', ...args] = await prepare(await setting());
      const child = new Child(command, args);
      expect(await child.exit(240_000), child.output).toBe(0);
      const lines = Buffer.from(child.output, 'latin1').toString().split('\n');
      for (const line of lines.filter((each) => each.startsWith('{'))) {
        const result: Result = JSON.parse(line);
        results.set(result.name, result);
      }
    }, 250_000);

    for (const { name } of simulatedScenarios) {
      test(name, () => {
        expect(results.get(name)).not.toHaveProperty('error');
        expect(results.get(name)).toEqual(here.find((result) => result.name === name));
      });
    }

    for (const { name } of hasUdp ? [...relayScenarios, ...udpScenarios] : relayScenarios) {
      test(name, () => expect(results.get(name)).toEqual({ name, value: null }));
    }
  });
}
