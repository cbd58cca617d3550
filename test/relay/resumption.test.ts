import { afterEach, describe, expect, test } from 'vitest';
import { encodeControl } from '../../src/relay/codec.js';
import { closeSockets, confirm, present } from '../support/relay-sockets.js';
import { closeRelays, startRelay, ticket } from '../support/relays.js';

afterEach(async () => {
  closeSockets();
  await closeRelays();
});

describe('a resumption token', () => {
  test('resumes the session of its subject, and is replaced by another one', async () => {
    const relay = await startRelay();
    const first = await present(relay, await ticket());
    const second = await present(relay, await ticket({ exp: Math.floor(Date.now() / 1000) + 60 }), first.token);
    expect([second.resumed, second.port]).toEqual([true, first.port]);
    expect(await first.closed).toBe(4409);
    expect(second.token).not.toEqual(first.token);
    await confirm(second);
    const replayed = await present(relay, await ticket(), first.token);
    expect([replayed.resumed, relay.server.clients]).toEqual([false, 2]);
  });

  test('stays valid until the client has received the next one', async () => {
    const relay = await startRelay();
    const first = await present(relay, await ticket());
    const second = await present(relay, await ticket(), first.token);
    second.socket.terminate(); // The answer with the new token is lost.
    const third = await present(relay, await ticket(), first.token);
    expect([third.resumed, third.port]).toEqual([true, first.port]);
    expect((await present(relay, await ticket(), second.token)).resumed).toBe(false);
  });

  test('does not open the session of another subject: that client gets a session of its own', async () => {
    const relay = await startRelay();
    const first = await present(relay, await ticket({ sub: 'alice' }));
    const other = await present(relay, await ticket({ sub: 'mallory' }), first.token);
    expect([other.resumed, other.port === first.port]).toEqual([false, false]);
    await confirm(first);
  });

  test('is worth nothing without a ticket; with the ticket that opened the session it works even when that has expired', async () => {
    let seconds = 0;
    const relay = await startRelay('127.0.0.11', { now: () => Date.now() + seconds * 1000 });
    const own = await ticket({ exp: Math.floor(Date.now() / 1000) + 60 });
    const first = await present(relay, own);
    expect((await present(relay, '', first.token)).code).toBe(4401);
    expect((await present(relay, `${own}x`, first.token)).code).toBe(4401);
    seconds = 100;
    expect((await present(relay, own)).code).toBe(4401);
    expect((await present(relay, own, first.token)).resumed).toBe(true);
  });
});

test('a relay logs the first refusal of each kind, with the destination and the reason', async () => {
  const relay = await startRelay('127.0.0.11', { special: [] });
  const client = await present(relay, await ticket());
  const peers = [1, 2, 3].map((last) => ({ address: `127.0.0.${last}`, port: 9899 }));
  client.socket.send(encodeControl({ type: 'permit', peers }));
  await confirm(client);
  const logged = relay.log.filter(({ event }) => event === 'destination');
  expect(logged).toEqual([
    {
      level: 'warn',
      event: 'destination',
      subject: 'tester',
      destination: '127.0.0.1 9899',
      reason: 'destination',
      text: "127.0.0.1 is a special address (loopback): this relay doesn't send there",
    },
  ]);
});
