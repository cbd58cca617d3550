import { once } from 'node:events';
import { type Socket as Connection, connect, createServer } from 'node:net';
import type { Association, Socket } from '../../src/index.js';
import { WAIT } from '../support/udp-host.js';
import { GUEST, HERE } from './network.js';

export const IPERF_PORT = 5201;
const COOKIE_BYTES = 37;
const MESSAGE_BYTES = 16_384;

/** The states that an end sends as one byte on the TCP control connection. */
const STATE = {
  start: 1,
  running: 2,
  end: 4,
  parameters: 9,
  createStreams: 10,
  results: 13,
  display: 14,
  done: 16,
} as const;

interface Results {
  readonly streams: readonly { readonly bytes: number }[];
}

/** Bytes of data over SCTP: counted here, and reported by the other end. */
export interface Transferred {
  readonly here: number;
  readonly there: number;
}

/** Does what `iperf3 --client` does, for a second; if `reverse`, the server sends. */
export async function runClient(socket: Socket, reverse: boolean): Promise<Transferred> {
  const control = new Control(connect(IPERF_PORT, GUEST[0]));
  const cookie = Buffer.from(`${'a'.repeat(COOKIE_BYTES - 1)}\0`);
  control.write(cookie);
  await control.expect(STATE.parameters);
  control.writeJson({
    sctp: true,
    omit: 0,
    time: 1,
    num: 0,
    blockcount: 0,
    parallel: 1,
    len: MESSAGE_BYTES,
    ...(reverse ? { reverse } : {}), // iperf3 checks only whether the key is present
    pacing_timer: 1000,
    client_version: '3.12',
  });
  await control.expect(STATE.createStreams);
  const association = await socket.connectx(
    GUEST.map((address) => ({ address, port: IPERF_PORT })),
    WAIT,
  );
  await association.send(cookie);
  await control.expect(STATE.start);
  await control.expect(STATE.running);
  const over = new Promise<void>((resolve) => setTimeout(resolve, 1000));
  const here = await (reverse ? receive(association, over) : send(association, over));
  control.writeState(STATE.end);
  await control.expect(STATE.results);
  control.writeJson(resultsOf(here));
  const there = (await control.readJson<Results>()).streams[0]!.bytes;
  await control.expect(STATE.display);
  control.writeState(STATE.done);
  association.abort();
  return { here, there };
}

/** Does what `iperf3 --server` does for one client, whose association this socket accepts. */
export async function serveClient(listening: Socket): Promise<Transferred> {
  const server = createServer().listen(IPERF_PORT, HERE[0]);
  const [connection]: Connection[] = await once(server, 'connection');
  server.close();
  const control = new Control(connection!);
  const cookie = await control.read(COOKIE_BYTES);
  control.writeState(STATE.parameters);
  const { reverse = false } = await control.readJson<{ reverse?: boolean }>();
  control.writeState(STATE.createStreams);
  const association = await listening.accept(WAIT);
  const first = await association.receive(WAIT);
  if (!cookie.equals(Buffer.from(first?.data ?? [])))
    throw new Error('the cookie is not the one of the control connection');
  control.writeState(STATE.start);
  control.writeState(STATE.running);
  const over = control.expect(STATE.end);
  const here = await (reverse ? send(association, over) : receive(association, over));
  control.writeState(STATE.results);
  const there = (await control.readJson<Results>()).streams[0]!.bytes;
  control.writeJson(resultsOf(here));
  control.writeState(STATE.display);
  await control.expect(STATE.done);
  association.abort();
  return { here, there };
}

/** Sends until the test is over; resolves with the bytes sent. */
async function send(association: Association, over: Promise<void>): Promise<number> {
  const message = new Uint8Array(MESSAGE_BYTES);
  let isOver = false;
  over.then(() => {
    isOver = true;
  });
  let bytes = 0;
  for (; !isOver; bytes += message.length) {
    await association.send(message);
    await new Promise((resolve) => setImmediate(resolve)); // lets the control connection be read
  }
  return bytes;
}

/** Receives until the test is over; resolves with the bytes received. */
async function receive(association: Association, over: Promise<void>): Promise<number> {
  const giveUp = new AbortController();
  over.then(() => giveUp.abort());
  for (let bytes = 0; ; ) {
    try {
      bytes += (await association.receive({ signal: giveUp.signal }))?.data.length ?? 0;
    } catch {
      return bytes;
    }
  }
}

function resultsOf(bytes: number) {
  const usage = { cpu_util_total: 0, cpu_util_user: 0, cpu_util_system: 0, sender_has_retransmits: 0 };
  const stream = { id: 1, bytes, retransmits: -1, jitter: 0, errors: 0, packets: 0, start_time: 0, end_time: 1 };
  return { ...usage, streams: [stream] };
}

/** The control connection: states, and JSON preceded by its length. */
class Control {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  write(bytes: Buffer): void {
    this.#connection.write(bytes);
  }

  writeState(state: number): void {
    this.write(Buffer.from([state]));
  }

  writeJson(value: unknown): void {
    const text = Buffer.from(JSON.stringify(value));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    this.write(Buffer.concat([length, text]));
  }

  async expect(state: number): Promise<void> {
    const [received] = await this.read(1);
    if (received !== state) throw new Error(`iperf3 sent state ${received} instead of ${state}`);
  }

  async readJson<T>(): Promise<T> {
    const length = (await this.read(4)).readUInt32BE();
    return JSON.parse(String(await this.read(length))) as T;
  }

  async read(bytes: number): Promise<Buffer> {
    for (;;) {
      const read: Buffer | null = this.#connection.read(bytes);
      if (read) return read;
      await once(this.#connection, 'readable', { signal: AbortSignal.timeout(40_000) });
    }
  }
}
