import { afterEach, describe, expect, test } from 'vitest';
import { SCTP, SCTP_STATE, type Transport } from 'werift-sctp';
import { type Association, conn, Stack } from '../../src/index.js';
import { SeededRandom } from '../../src/simulated.js';
import { isEqual, pattern } from '../support/two-stacks.js';
import { WAIT } from '../support/udp-host.js';
import { END } from './fixture.js';

// werift-sctp is an SCTP of its own, in JavaScript, for WebRTC. It has real timers, so the time of these tests is real.

const BINARY_PPID = 53;
type Received = readonly [stream: number, ppid: number, data: Buffer];

interface Pair {
  readonly association: Association;
  readonly werift: SCTP;
  /** What werift has received, once there are so many messages. */
  received(count: number): Promise<readonly Received[]>;
  /** Makes packets of one end be lost from now on. */
  lose(from: 'ours' | 'werift', isLost: () => boolean): unknown;
}

let end: () => Promise<unknown> = async () => undefined;
afterEach(() => end());

/** An association between a stack and werift, over a path in this process. */
async function pair(connects: 'ours' | 'werift'): Promise<Pair> {
  const lost = { ours: () => false, werift: () => false };
  const transport: Transport = {
    send: async (packet) => {
      const copy = Uint8Array.from(packet);
      if (!lost.werift()) setImmediate(() => path.connInput(copy));
    },
    close: () => undefined,
  };
  const path = conn({
    onConnOutput: (packet) => {
      const copy = Buffer.from(packet);
      if (!lost.ours()) setImmediate(() => transport.onData?.(copy));
    },
  });
  const stack = await Stack.create({ transport: path });
  const werift = connects === 'werift' ? SCTP.client(transport, END.port) : SCTP.server(transport, END.port);
  end = async () => {
    await stack.close({ timeoutMs: 1000 }).catch(() => undefined);
    await werift.stop();
  };
  const messages: Received[] = [];
  let check = () => undefined as unknown;
  werift.onReceive.subscribe((...message) => {
    messages.push(message);
    check();
  });
  const received = (count: number) =>
    new Promise<readonly Received[]>((resolve) => {
      check = () => messages.length >= count && resolve(messages);
      check();
    });
  const connected = werift.stateChanged.connected.asPromise();
  const socket = stack.socket({ streams: { outbound: 100, inbound: 100 }, peerMayReset: 'streams' });
  socket.bindx([END]);
  if (connects === 'werift') socket.listen();
  const opening = connects === 'werift' ? socket.accept(WAIT) : socket.connect(END, WAIT);
  await werift.start(END.port);
  const association = await opening;
  await connected;
  return { association, werift, received, lose: (from, isLost) => Object.assign(lost, { [from]: isLost }) };
}

describe.each(['ours', 'werift'] as const)('over an association with werift-sctp that was set up by %s', (connects) => {
  test('messages of all sizes arrive in both directions, on several streams', async () => {
    const { association, werift, received } = await pair(connects);
    const sizes = [1, 1200, 20_000, 65_535];
    for (const [stream, bytes] of sizes.entries()) {
      await association.send(pattern(bytes, stream), { stream, ppid: BINARY_PPID, unordered: stream % 2 === 1 });
      await werift.send(stream, BINARY_PPID, Buffer.from(pattern(bytes, stream + 9)), { ordered: stream % 2 === 0 });
    }
    for (const [stream, ppid, data] of await received(sizes.length)) {
      expect(ppid).toBe(BINARY_PPID);
      expect(isEqual(data, pattern(sizes[stream]!, stream))).toBe(true);
    }
    for (const _ of sizes) {
      const { stream, ppid, data } = (await association.receive(WAIT))!;
      expect(ppid).toBe(BINARY_PPID);
      expect(isEqual(data, pattern(sizes[stream]!, stream + 9))).toBe(true);
    }
  });

  test('messages arrive in order in both directions, though a twentieth of the packets is lost', async () => {
    const { association, werift, received, lose } = await pair(connects);
    const random = new SeededRandom(7);
    for (const from of ['ours', 'werift'] as const) lose(from, () => random.next() < 0.05);
    const count = 60;
    for (let n = 0; n < count; n++) {
      await association.send(pattern(2000, n), { stream: 1 });
      void werift.send(1, BINARY_PPID, Buffer.from(pattern(2000, n)));
    }
    for (let n = 0; n < count; n++) {
      expect(isEqual((await association.receive({ timeoutMs: 40_000 }))!.data, pattern(2000, n))).toBe(true);
    }
    for (const [n, [, , data]] of (await received(count)).entries()) expect(isEqual(data, pattern(2000, n))).toBe(true);
  });

  test('messages that may be abandoned are skipped by FORWARD TSN in both directions, and later ones arrive', async () => {
    const { association, werift, received, lose } = await pair(connects);
    lose('ours', () => true);
    const abandoned = association.send('lost', { reliability: { retransmits: 0 } });
    await Promise.allSettled([abandoned]);
    lose('ours', () => false);
    await association.send('kept', { ppid: 51 });
    expect(String((await received(1))[0]![2])).toBe('kept');
    lose('werift', () => true);
    void werift.send(0, BINARY_PPID, Buffer.from('lost'), { maxRetransmits: 0 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    lose('werift', () => false);
    void werift.send(0, BINARY_PPID, Buffer.from('kept'));
    expect(Buffer.from((await association.receive(WAIT))!.data).toString()).toBe('kept');
  });

  test('each end resets an outgoing stream, and its SSNs begin again', async () => {
    const { association, werift, received } = await pair(connects);
    await association.send('before', { stream: 6 });
    await association.resetStreams({ outgoing: [6], ...WAIT });
    await association.send('after', { stream: 6 });
    expect((await received(2)).map(([, , data]) => String(data))).toEqual(['before', 'after']);
    await werift.send(4, BINARY_PPID, Buffer.from('before'));
    expect(await association.receive(WAIT)).toMatchObject({ stream: 4, ssn: 0 });
    const answered = werift.onReconfigStreams.asPromise();
    const reset = new Promise((resolve) => association.once('streamReset', resolve));
    werift.reconfigQueue.push(4);
    await werift.transmitReconfigRequest();
    expect(await reset).toMatchObject({ direction: 'incoming', outcome: 'performed', streams: [4] });
    await answered;
    await werift.send(4, BINARY_PPID, Buffer.from('after'));
    expect(await association.receive(WAIT)).toMatchObject({ stream: 4, ssn: 0 });
  });

  test('our close is graceful', async () => {
    const { association, werift, received } = await pair(connects);
    await association.send('good bye');
    await association.close(WAIT);
    expect(await association.closed).toBeUndefined();
    expect(String((await received(1))[0]![2])).toBe('good bye');
    expect(werift.associationState).toBe(SCTP_STATE.SHUTDOWN_SENT); // it has sent SHUTDOWN ACK
  });

  test('its abort ends our association with ECONNRESET', async () => {
    const { association, werift } = await pair(connects);
    await werift.abort();
    expect(await association.closed).toMatchObject({ code: 'ECONNRESET' });
  });
});
