import { SctpError, Stack } from '../../src/index.js';
import { type RelayTransport, relay } from '../../src/relay.js';
import { check, checkEqual } from '../../src/testing/check.js';
import type { Scenario, Setting } from './contract.js';
import { exchange, roundTrip } from './messages.js';

/** The echo server crashes the first relay if it receives this message. */
export const CRASH = 'crash the first relay';

/** Scenarios with relays. The last one crashes a relay, and so can run only once. */
export const relayScenarios: readonly Scenario[] = [
  {
    name: 'a relay refuses a forged ticket with EACCES',
    run: async ({ wasm, relays }) => {
      const [first] = relays?.endpoints ?? [];
      check(first !== undefined, 'there are no relays');
      const transport = relay({ relays: [{ ...first, ticket: 'forged' }] });
      const started = Stack.create({ transport, ...(wasm && { wasm }) });
      checkEqual(await started.then(String, codeOf), 'EACCES', 'the code');
    },
  },
  {
    name: 'messages of 1 byte to 200 kB come back through two relays',
    run: (setting) =>
      throughRelays(setting, async (association) => {
        checkEqual(association.paths().length, 2, 'paths');
        await exchange(association);
      }),
  },
  {
    // The relay sends no more than half a megabyte that isn't acknowledged by a WebSocket pong.
    name: 'two megabytes come back through two relays, because the runtime answers WebSocket pings',
    run: (setting) =>
      throughRelays(setting, async (association) => {
        for (let number = 0; number < 10; number++) await roundTrip(association, String(number).repeat(200_000));
      }),
  },
  {
    name: 'an association lives on when one of its two relays crashes',
    run: (setting) =>
      throughRelays(setting, async (association, transport) => {
        await roundTrip(association, 'before');
        await roundTrip(association, CRASH);
        for (let number = 0; number < 20; number++) await roundTrip(association, `message ${number}`);
        checkEqual(transport.relays[1]?.state, 'up', 'the second relay');
        check(transport.relays[0]?.state !== 'up', 'the first relay is up');
      }),
  },
];

async function throughRelays(
  { wasm, relays }: Setting,
  body: (association: Awaited<ReturnType<typeof connect>>, transport: RelayTransport) => Promise<void>,
): Promise<void> {
  check(relays !== undefined, 'there are no relays');
  const transport = relay({ relays: relays.endpoints, encapsulationPort: relays.server.udpPort });
  const stack = await Stack.create({ transport, preset: 'fast-failover', ...(wasm && { wasm }) });
  const association = await connect(stack, relays.server.endpoints);
  await body(association, transport);
  await association.close();
  await stack.close();
}

function connect(stack: Stack, endpoints: NonNullable<Setting['relays']>['server']['endpoints']) {
  return stack.socket().connectx(endpoints, { timeoutMs: 40_000 });
}

function codeOf(error: unknown): string {
  return error instanceof SctpError ? error.code : String(error);
}
