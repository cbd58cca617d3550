import { expect, test } from 'vitest';
import type { Association, Stack } from '../../src/index.js';
import type { SocketOptions } from '../../src/options/socket-options.js';
import {
  codeOf,
  failure,
  listening,
  newStack,
  PORT,
  SERVER,
  type TwoStacks,
  withTwoStacks,
} from '../support/two-stacks.js';

const STYLES = ['one-to-one', 'one-to-many'] as const;
const LIMITED = [{ address: '10.0.1.9', port: PORT }];

/** Runs a test with a third stack, which may have two associations. */
function withLimited(body: (stacks: TwoStacks) => Promise<void>): Promise<void> {
  return withTwoStacks(async (stacks) => {
    const { network } = stacks;
    const server = await newStack(network, network.host('limited', ['10.0.1.9']), { limits: { associations: 2 } });
    await body({ ...stacks, server });
  });
}

function listeningThere({ server }: TwoStacks, options: SocketOptions): void {
  const socket = server.socket(options);
  socket.bindx(LIMITED);
  void (async () => {
    for await (const association of socket.listen()) association.receive().catch(() => undefined);
  })();
}

test.each(STYLES)('connectx beyond the limit of associations rejects and names the limit (%s)', async (style) => {
  await withTwoStacks(async (stacks) => {
    listening(stacks, { style });
    const { network } = stacks;
    const limited = await newStack(network, network.host('limited', ['10.0.1.9']), { limits: { associations: 2 } });
    const first = await limited.socket({ style }).connectx(SERVER);
    await limited.socket({ style }).connectx(SERVER);
    const third = limited.socket({ style });
    const error = await failure(third.connectx(SERVER));
    expect(error).toMatchObject({ code: 'ENOBUFS', syscall: 'connectx' });
    expect(error.message).toContain("limit 'associations' allows 2");
    first.abort();
    await network.advance(1000);
    expect((await third.connectx(SERVER)).state).toBe('open');
  });
});

test.each(STYLES)('a peer beyond the limit of associations is refused, and the others are not (%s)', async (style) => {
  await withLimited(async (stacks) => {
    const { client, network } = stacks;
    listeningThere(stacks, { style });
    const [first, second] = [await client.socket().connectx(LIMITED), await client.socket().connectx(LIMITED)];
    const error = await failure(client.socket().connectx(LIMITED));
    expect(error).toMatchObject({ code: 'ECONNRESET', abort: [{ name: 'Out of Resource' }] });
    expect([first.state, second.state]).toEqual(['open', 'open']);
    first.abort();
    await network.advance(1000);
    expect((await client.socket().connectx(LIMITED)).state).toBe('open');
  });
});

test.each([0, 1.5, 1_000_001, '5'])('Stack.create refuses a limit of %s associations', async (associations) => {
  await withTwoStacks(async ({ network }) => {
    const host = network.host('limited', ['10.0.1.9']);
    expect(await codeOf(newStack(network, host, { limits: { associations: associations as number } }))).toBe('EINVAL');
  });
});

/** A server that takes two associations from an address, and hosts with an IPv4 and two IPv6 addresses each. */
test('a peer beyond the limit of associations for an address is refused, and peers from elsewhere are not', async () => {
  await withTwoStacks(async (stacks) => {
    const { network } = stacks;
    const own = ['10.0.1.9', 'fd00:1::9'];
    const server = await newStack(network, network.host('limited', own), { limits: { associationsPerAddress: 2 } });
    const listener = server.socket();
    const endpoints = own.map((address) => ({ address, port: PORT }));
    listener.bindx(endpoints);
    void (async () => {
      for await (const association of listener.listen()) association.receive().catch(() => undefined);
    })();
    const connect = async (stack: Stack, { address, port } = endpoints[0]!) => {
      const associations: Association[] = [];
      for (let n = 0; n < 2; n++) associations.push(await stack.socket().connect({ address, port }));
      const refusal = await failure(stack.socket().connect({ address, port }));
      expect(refusal).toMatchObject({ code: 'ECONNRESET', abort: [{ name: 'Out of Resource' }] });
      return associations;
    };
    const other = await newStack(network, network.host('other', ['10.0.1.7']));
    const [first] = await connect(stacks.client);
    await connect(other);
    const site = await newStack(network, network.host('site', ['fd00:2::1']));
    const neighbour = await newStack(network, network.host('neighbour', ['fd00:2::2']));
    await connect(site, endpoints[1]);
    expect(await codeOf(neighbour.socket().connect(endpoints[1]!))).toBe('ECONNRESET'); // the same /64 network
    first!.abort();
    await network.advance(1000);
    expect((await stacks.client.socket().connect(endpoints[0]!)).state).toBe('open');
  });
});

test.each(['associations', 'associationsPerAddress', 'peerAddresses'])(
  'Stack.create refuses a limit of 0 %s',
  async (name) => {
    await withTwoStacks(async ({ network }) => {
      const host = network.host('limited', ['10.0.1.9']);
      const error = await failure(newStack(network, host, { limits: { [name]: 0 } }));
      expect(error).toMatchObject({ code: 'EINVAL', message: expect.stringContaining(name) });
    });
  },
);
