import { expect, test } from 'vitest';
import type { Clock } from '../../src/clock.js';
import { Stack } from '../../src/index.js';
import { scenario } from '../../src/simulated.js';
import { PORT } from '../support/two-stacks.js';

/** 10,000 for a day would send 58 million heartbeats, and take hours. */
const ASSOCIATIONS = 50;
const HOUR_MS = 3_600_000;
/** How often usrsctp's path MTU timer expires (SCTP_DEF_PMTU_RAISE_SEC). */
const PATH_MTU_MS = 600_000;
const HEARTBEAT = 4;
const HEARTBEAT_ACK = 5;
const FIRST_CHUNK = 12;

test.each(['one-to-one', 'one-to-many'] as const)(
  'in an hour, 50 idle associations only send heartbeats, answer them, and look for a larger path MTU (%s)',
  { timeout: 60_000 },
  async (style) => {
    await scenario(
      { seed: 1, conditions: { latencyMs: 10 }, traceLength: 0, limitMs: 2 * HOUR_MS },
      async (network) => {
        let fired = 0;
        const schedule: Clock['schedule'] = (delayMs, callback) =>
          network.clock.schedule(delayMs, () => {
            fired++;
            callback();
          });
        const clock = { now: () => network.clock.now(), schedule };
        const hosts = [network.host('client', ['10.0.0.1']), network.host('server', ['10.0.0.2'])];
        const [client, server] = await Promise.all(
          hosts.map(({ transport, random }) => network.standStill(Stack.create({ transport, random, clock }))),
        );
        const peer = [{ address: '10.0.0.2', port: PORT }];
        const listener = server!.socket({ style });
        listener.bindx(peer);
        const accepting = listener.listen();
        void (async () => {
          for await (const association of accepting) association.receive().catch(() => undefined);
        })();
        for (let number = 0; number < ASSOCIATIONS; number++) await client!.socket().connectx(peer);
        await network.advance(1000);
        const bytes = [client!.memoryInUse, server!.memoryInUse];
        let [heartbeats, others] = [0, 0];
        fired = 0;
        network.filter((packet) => {
          const chunk = packet.bytes[FIRST_CHUNK];
          if (chunk === HEARTBEAT) heartbeats++;
          else if (chunk !== HEARTBEAT_ACK) others++;
          return undefined;
        });
        await network.advance(HOUR_MS);
        expect(heartbeats).toBeGreaterThan(2 * ASSOCIATIONS * 100); // they are about 30 s apart
        expect(fired).toBeLessThanOrEqual(heartbeats + 2 * ASSOCIATIONS * (HOUR_MS / PATH_MTU_MS));
        expect(others).toBe(0);
        expect(client!.memoryInUse + server!.memoryInUse).toBeLessThanOrEqual(1.02 * (bytes[0]! + bytes[1]!));
      },
    );
  },
);
