import { expect, test } from 'vitest';
import { withNetwork } from '../../src/testing.js';
import { connected, finish } from '../scenarios/fixture.js';

const IPV4 = (path: number, host: number) => `10.0.${path}.${host}`;
const IPV6 = (path: number, host: number) => `fd00:${path.toString(16)}::${host}`;

function addresses(count: number, of: typeof IPV4, host: number): string[] {
  return Array.from({ length: count }, (_, path) => of(path + 1, host));
}

test.each([
  ['50 IPv4', 50, IPV4],
  ['127 IPv4', 127, IPV4],
  ['50 IPv6', 50, IPV6],
  ['73 IPv6', 73, IPV6],
])('two endpoints with %s addresses each connect, though INIT ACK and COOKIE ECHO exceed the MTU', (_, count, of) =>
  withNetwork({ seed: 1, conditions: { latencyMs: 5 }, traceLength: 5000 }, async (network) => {
    const client = addresses(count, of, 1);
    const server = addresses(count, of, 2);
    const all = await connected(network, {
      client,
      server,
      peers: server.slice(0, 1),
      stack: { limits: { peerAddresses: 128 } },
    });
    expect(all.here.paths().map(({ address }) => address)).toEqual(expect.arrayContaining(server));
    expect(all.there.paths()).toHaveLength(count);
    const large = network.trace.entries().filter(({ bytes }) => bytes.length > 1500);
    expect(large.length).toBeGreaterThan(0);
    expect(large.every(({ outcome }) => outcome === 'delivered')).toBe(true);
    await finish(all);
  })(),
);
