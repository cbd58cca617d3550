import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CLOSE_CODES } from '../../src/relay/close-codes.js';
import { fakeRelays } from '../support/fake-relays.js';
import { client, closeRelays, serve, startRelay } from '../support/relays.js';

/** What a browser gives to a page. */
const page = new EventTarget();
const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
const connection = new EventTarget();

beforeEach(() => {
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  vi.stubGlobal('document', document);
  vi.stubGlobal('navigator', { onLine: true, connection });
});

afterEach(async () => {
  await closeRelays();
  vi.unstubAllGlobals();
});

const tell = (type: string, persisted?: boolean, target: EventTarget = page) =>
  target.dispatchEvent(Object.assign(new Event(type), { persisted }));

/** Ways in which a page learns that its network may have changed. */
const WAKES: Readonly<Record<string, () => void>> = {
  'is online again': () => void tell('online'),
  'has another network': () => void tell('change', undefined, connection),
  'is shown again': () => void tell('visibilitychange', undefined, document),
  'is resumed': () => void tell('resume', undefined, document),
};

describe.each(Object.entries(WAKES))('when a page %s', (_, wake) => {
  test('a lost relay is tried at once', async () => {
    const { clock, sockets, transport } = await fakeRelays(1);
    for (let lost = 0; lost < 5; lost++) {
      const { length } = sockets;
      sockets.at(-1)?.onclose?.({ code: 1006, reason: '' });
      while (sockets.length === length) await clock.advance(100);
    }
    sockets.at(-1)?.onclose?.({ code: 1006, reason: '' });
    const { length } = sockets;
    wake();
    await clock.advance(0);
    expect(sockets).toHaveLength(length + 1);
    await transport.close();
  });

  test('a relay is lost unless it answers within 1.5 s', async () => {
    const { clock, sockets, transport } = await fakeRelays(2);
    wake();
    expect(sockets.map(({ messages }) => messages.at(-1)?.type)).toEqual(['ping', 'ping']);
    sockets[1]?.tell({ type: 'pong', value: 1 });
    await clock.advance(1499);
    expect(transport.relays.map(({ state }) => state)).toEqual(['up', 'up']);
    await clock.advance(1);
    expect(transport.relays.map(({ state }) => state)).toEqual(['waiting', 'up']);
    await transport.close();
  });
});

test('a page that goes to the back/forward cache closes its connections, and resumes the session when it is shown', async () => {
  const { clock, sockets, transport } = await fakeRelays(1);
  tell('pagehide', true);
  expect(sockets[0]?.closed).toBe(CLOSE_CODES.idle);
  await clock.advance(10_000);
  expect(sockets).toHaveLength(1);
  expect(transport.addresses).toEqual(['9.9.9.1']);
  tell('pageshow', true);
  await clock.advance(0);
  sockets[1]?.onopen?.();
  expect(sockets[1]?.messages[0]).toMatchObject({ type: 'allocate', resumption: new Uint8Array(16).fill(5) });
  await transport.close();
});

test('a page that is closed aborts its associations, so that the peers are told, and gives its addresses back', async () => {
  const relay = await startRelay();
  const server = await serve(['127.0.0.1']);
  const { stack } = await client([relay], server.udpPort);
  const association = await stack.socket().connectx(server.endpoints, { timeoutMs: 40_000 });
  const accepted = await server.listener.accept();
  const startMs = performance.now();
  tell('pagehide', false);
  await expect(accepted.receive()).rejects.toMatchObject({ code: 'ECONNRESET', message: /the page was closed/ });
  expect(performance.now() - startMs).toBeLessThan(1000);
  expect(association.state).toBe('closed');
  await vi.waitFor(() => expect(relay.server.clients).toBe(0));
});

test('a transport that is closed listens to nothing any more', async () => {
  const added = vi.spyOn(page, 'addEventListener');
  const { sockets, transport } = await fakeRelays(1);
  await transport.close();
  for (const wake of Object.values(WAKES)) wake();
  tell('pagehide', false);
  expect(sockets).toHaveLength(1);
  added.mockRestore();
});
