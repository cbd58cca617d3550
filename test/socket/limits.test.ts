import { expect, test } from 'vitest';
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
    const server = await newStack(network, network.host('limited', ['10.0.1.9']), { associations: 2 });
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
    const limited = await newStack(network, network.host('limited', ['10.0.1.9']), { associations: 2 });
    const first = await limited.socket({ style }).connectx(SERVER);
    await limited.socket({ style }).connectx(SERVER);
    const third = limited.socket({ style });
    const error = await failure(third.connectx(SERVER));
    expect(error).toMatchObject({ code: 'ENOBUFS', syscall: 'connectx' });
    expect(error.message).toContain("option 'associations' allows 2");
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
    expect(await codeOf(newStack(network, host, { associations: associations as number }))).toBe('EINVAL');
  });
});
