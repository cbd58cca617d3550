import { describe, expect, test } from 'vitest';
import { parseOptions, type RelayServerOptions } from '../../src/relay/options.js';
import { LimitError } from '../../src/relay/registry.js';
import { Sessions } from '../../src/relay/sessions.js';
import type { TicketClaims } from '../../src/relay/ticket.js';
import { VirtualClock } from '../../src/simulated/virtual-clock.js';

const OPTIONS = {
  server: { on: () => undefined } as never,
  addresses: ['127.0.0.93'],
  keys: [],
  audience: 'relay.example',
  allow: ['127.0.0.0/8:*'],
  clock: new VirtualClock(),
} as unknown as RelayServerOptions;

const claimsOf = (sub: string): TicketClaims => ({ sub, destinations: ['127.0.0.0/8:*'] }) as unknown as TicketClaims;

test('a session that ends makes room for another, in the limits of its subject and of the relay', async () => {
  const settings = parseOptions({ ...OPTIONS, limits: { clients: 3, clientsPerSubject: 2 } });
  const sessions = new Sessions(settings, undefined);
  const begin = (subject: string) => sessions.create(claimsOf(subject), 0, 'ticket');
  for (let round = 0; round < 3; round++) {
    const two = [await begin('a'), await begin('a')];
    await expect(begin('a')).rejects.toThrow(/subject already has 2/);
    const other = await begin('b');
    await expect(begin('c')).rejects.toThrow(LimitError);
    expect(sessions.count).toBe(3);
    two[0]?.end('idle', 'test');
    expect(sessions.count).toBe(2);
    const again = await begin('a');
    await expect(begin('a')).rejects.toThrow(LimitError);
    for (const session of [two[1], other, again]) session?.end('idle', 'test');
    expect(sessions.count).toBe(0);
  }
});

test('a session that could not be created no longer counts', async () => {
  const settings = parseOptions({ ...OPTIONS, limits: { clients: 1, clientsPerSubject: 1 } });
  const sessions = new Sessions(settings, undefined);
  const wrong = { ...claimsOf('a'), destinations: ['nonsense:::'] } as TicketClaims;
  for (let round = 0; round < 3; round++) await expect(sessions.create(wrong, 0, 'ticket')).rejects.toThrow();
  expect(sessions.count).toBe(0);
  (await sessions.create(claimsOf('a'), 0, 'ticket')).end('idle', 'test');
});

describe('an option of the wrong type or value throws a TypeError that names it', () => {
  const WRONG: [name: string, value: unknown][] = [
    ...[undefined, '', 7, null, ['x']].map((value): [string, unknown] => ['audience', value]),
    ...[511, 65_536, 1.5, '1500'].map((value): [string, unknown] => ['mtu', value]),
    ...[[5, 4], [0, 4], [1, 65_536], 'all'].map((value): [string, unknown] => ['ports', value]),
    ...[undefined, {}, 'server'].map((value): [string, unknown] => ['server', value]),
    ['addresses', []],
  ];

  test.each(WRONG)('%s: %j', (name, value) => {
    expect(() => parseOptions({ ...OPTIONS, [name]: value } as never)).toThrow(TypeError);
    expect(() => parseOptions({ ...OPTIONS, [name]: value } as never)).toThrow(name);
  });

  test('valid options are accepted', () => {
    expect(parseOptions({ ...OPTIONS, mtu: 512, ports: [1, 65_535] })).toMatchObject({
      mtu: 512,
      audience: 'relay.example',
    });
  });
});
