import { SctpError, Stack } from '../../src/index.js';
import { type RelayTransport, relay } from '../../src/relay.js';
import { check, checkEqual } from '../../src/testing/check.js';
import type { Place, Scenario } from './contract.js';
import { exchange, roundTrip } from './messages.js';

/** The relay of the first endpoint crashes when its server is sent this. */
export const CRASH = 'crash the first relay';

/** What needs a WebSocket. The last one uses a relay up. */
export const relayScenarios: readonly Scenario[] = [
  {
    name: 'a relay refuses a ticket that it does not know: EACCES',
    run: async ({ wasm, relays }) => {
      const [first] = relays?.endpoints ?? [];
      check(first !== undefined, 'there are no relays');
      const transport = relay({ relays: [{ ...first, ticket: 'forged' }] });
      const started = Stack.create({ transport, ...(wasm && { wasm }) });
      checkEqual(await started.then(String, codeOf), 'EACCES', 'the code');
    },
  },
  {
    name: 'through two relays messages of 1 byte to 200 kB come back',
    run: (place) =>
      throughRelays(place, async (association) => {
        checkEqual(association.paths().length, 2, 'paths');
        await exchange(association);
      }),
  },
  {
    name: 'an association lives on when one of its two relays crashes',
    run: (place) =>
      throughRelays(place, async (association, transport) => {
        await roundTrip(association, 'before');
        await roundTrip(association, CRASH);
        for (let number = 0; number < 20; number++) await roundTrip(association, `message ${number}`);
        checkEqual(transport.relays[1]?.state, 'up', 'the second relay');
        check(transport.relays[0]?.state !== 'up', 'the first relay is up');
      }),
  },
];

async function throughRelays(
  { wasm, relays }: Place,
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

function connect(stack: Stack, endpoints: NonNullable<Place['relays']>['server']['endpoints']) {
  return stack.socket().connectx(endpoints, { timeoutMs: 40_000 });
}

function codeOf(error: unknown): string {
  return error instanceof SctpError ? error.code : String(error);
}
