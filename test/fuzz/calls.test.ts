import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Association } from '../../src/association/association.js';
import type { Socket } from '../../src/socket/socket.js';
import { ADDRESSES, listening, pattern, SERVER, type TwoStacks, withTwoStacks } from '../support/two-stacks.js';
import { FUZZ_LIMIT_MS, repeat } from './mutation.js';

const STREAMS = 4;
/** Longer than any retransmission: what was lost has arrived by then. */
const RECOVERY_MS = 400_000;
const COMMANDS = 40;

type End = 'a' | 'b';
const other = (end: End): End => (end === 'a' ? 'b' : 'a');

/** What must be true of the association: the messages that each end has sent, by stream. */
interface Model {
  isOpen: boolean;
  sent: Record<End, string[][]>;
}

/** The association, and what each end has received, by stream. */
class Real {
  readonly stacks: TwoStacks;
  readonly #listener: Socket;
  readonly #client: Socket;
  received: Record<End, string[][]> = { a: noMessages(), b: noMessages() };
  ends: Partial<Record<End, Association>> = {};
  /** The second path is cut. */
  isCut = false;
  messages = 0;

  constructor(stacks: TwoStacks) {
    this.stacks = stacks;
    this.#listener = listening(stacks, { streams: { inbound: 100 }, peerMayReset: 'association' });
    this.#client = stacks.client.socket({ streams: { inbound: 100 }, peerMayReset: 'association' });
    const second: readonly string[] = [ADDRESSES.client[1]!, ADDRESSES.server[1]!];
    stacks.network.filter((packet) => (this.isCut && second.includes(packet.destination) ? undefined : packet));
  }

  end(end: End): Association {
    return this.ends[end]!;
  }

  async connect(): Promise<void> {
    const [a, b] = await Promise.all([this.#client.connectx(SERVER, { timeoutMs: 60_000 }), this.#listener.accept()]);
    this.ends = { a, b };
    this.received = { a: noMessages(), b: noMessages() };
    for (const end of ['a', 'b'] as const) void this.#read(this.end(end), this.received[end]);
  }

  async #read(association: Association, received: string[][]): Promise<void> {
    try {
      for await (const { stream, data } of association) received[stream]!.push(nameOf(data));
    } catch {
      // aborted
    }
  }
}

const noMessages = (): string[][] => Array.from({ length: STREAMS }, () => []);

/** Tells messages apart in a few characters. */
function nameOf(data: Uint8Array): string {
  let sum = 0;
  for (const byte of data) sum = (Math.imul(sum, 31) + byte) | 0;
  return `${data.length}:${sum}`;
}

/** What an end has received must be the first messages of each stream of the other end. */
function check(model: Model, real: Real): void {
  for (const end of ['a', 'b'] as const) {
    for (const [stream, received] of real.received[end].entries()) {
      expect(received, `stream ${stream} of ${end}`).toEqual(model.sent[other(end)][stream]!.slice(0, received.length));
    }
  }
}

function checkAll(model: Model, real: Real): void {
  expect(real.received).toEqual({ a: model.sent.b, b: model.sent.a });
}

type Command = fc.AsyncCommand<Model, Real>;

/** A call on an open association. */
function call(name: string, run: (model: Model, real: Real) => unknown): Command {
  return {
    check: ({ isOpen }) => isOpen,
    run: async (model, real) => {
      await run(model, real);
      check(model, real);
    },
    toString: () => name,
  };
}

const connect: Command = {
  check: ({ isOpen }) => !isOpen,
  run: async (model, real) => {
    await real.connect();
    model.isOpen = true;
    model.sent = { a: noMessages(), b: noMessages() };
  },
  toString: () => 'connect',
};

const send = (end: End, stream: number, bytes: number) =>
  call(`${end}.send ${bytes} on ${stream}`, (model, real) => {
    const data = pattern(bytes, ++real.messages);
    const name = nameOf(data);
    const sent = model.sent[end][stream]!;
    sent.push(name);
    // The association may end first: then the call says that the message wasn't sent.
    real
      .end(end)
      .send(data, { stream })
      .catch(() => sent.splice(sent.indexOf(name), 1));
  });

const close = (end: End) =>
  call(`${end}.close`, async (model, real) => {
    real.isCut = false;
    const closed = real.end(end).close({ timeoutMs: RECOVERY_MS });
    await Promise.all([closed, real.end('a').closed, real.end('b').closed]);
    await real.stacks.network.advance(0);
    checkAll(model, real);
    model.isOpen = false;
  });

const abort = (end: End) =>
  call(`${end}.abort`, async (model, real) => {
    real.end(end).abort('enough');
    real.isCut = false;
    await real.stacks.network.advance(RECOVERY_MS); // if the ABORT is lost, the peer finds out by itself
    await Promise.all([real.end('a').closed, real.end('b').closed]);
    model.isOpen = false;
  });

const quietly = (promise: Promise<unknown>) => void promise.catch(() => undefined);

const ends = fc.constantFrom<End>('a', 'b');
const streams = fc.nat(STREAMS - 1);
const commands = fc.commands(
  [
    fc.constant(connect),
    fc.tuple(ends, streams, fc.constantFrom(1, 100, 1452, 5000, 70_000)).map((values) => send(...values)),
    fc.tuple(ends, streams, fc.constantFrom(1, 100, 1452, 5000, 70_000)).map((values) => send(...values)),
    fc
      .constantFrom(0, 1, 100, 1000, 40_000)
      .map((ms) => call(`advance ${ms}`, (_, real) => real.stacks.network.advance(ms))),
    fc.boolean().map((isCut) => call(isCut ? 'cut' : 'restore', (_, real) => Object.assign(real, { isCut }))),
    fc
      .tuple(ends, streams)
      .map(([end, stream]) =>
        call(`${end}.resetStreams ${stream}`, (_, real) => quietly(real.end(end).resetStreams({ outgoing: [stream] }))),
      ),
    ends.map((end) => call(`${end}.addStreams`, (_, real) => quietly(real.end(end).addStreams({ outbound: 1 })))),
    fc.tuple(ends, fc.nat(1)).map(([end, path]) =>
      call(`${end}.setPrimary ${path}`, (_, real) => {
        const address = (end === 'a' ? ADDRESSES.server : ADDRESSES.client)[path]!;
        if (
          real
            .end(end)
            .paths()
            .some((each) => each.address === address && each.state !== 'unconfirmed')
        ) {
          real.end(end).setPrimary(address);
        }
      }),
    ),
    ends.map(close),
    ends.map(abort),
  ],
  { maxCommands: COMMANDS },
);

test(
  'any sequence of calls delivers what was sent, in order, and ends as the calls say',
  async () => {
    const executions = await repeat('calls', (seed) =>
      fc.assert(
        fc.asyncProperty(commands, (sequence) =>
          withTwoStacks(
            async (stacks) => {
              const before = stacks.client.memoryInUse;
              const model: Model = { isOpen: false, sent: { a: noMessages(), b: noMessages() } };
              const real = new Real(stacks);
              await fc.asyncModelRun(async () => ({ model, real }), [connect, ...sequence, close('a')]);
              await stacks.network.advance(100_000);
              expect(stacks.client.memoryInUse - before).toBeLessThan(64 * 1024);
            },
            { seed, conditions: { latencyMs: 5, loss: 0.02 }, limitMs: 1e9 },
          ),
        ),
        { seed, numRuns: 3 },
      ),
    );
    expect(executions).toBeGreaterThan(0);
  },
  FUZZ_LIMIT_MS,
);
