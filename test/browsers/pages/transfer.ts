import { type Association, Stack } from 'usrsctp-wasm';
import { type RelayTransport, relay } from 'usrsctp-wasm/relay';
import { sha256 } from '../../golden/golden.js';
import type { Transfer, TransferResult } from '../task.js';

const MAX_RANDOM_BYTES = 65_536; // Web Crypto §10.1.1: the most per call
const PATIENCE_MS = 200;

/** Sends random messages, and receives as many; `half` is called when half of them have arrived. */
export async function transfer(task: Transfer, half: () => Promise<void>): Promise<TransferResult> {
  const ticket = async () => (await fetch('/ticket')).text();
  const relays = task.relays.map((url) => ({ url, ticket }));
  const transport = relay({ relays, encapsulationPort: task.udpPort });
  const stack = await Stack.create({ transport, preset: 'fast-failover' });
  const association = await stack.socket().connectx(task.server, { timeoutMs: 40_000 });
  const data = random(task.messages * task.messageBytes);
  const semaphore = new Semaphore(task.window ?? task.messages);
  const sent = send(association, data, task.messageBytes, semaphore);
  const steer = task.steers ? steering(association, transport) : () => {};
  const received = new Uint8Array(data.length);
  let receivedBytes = 0;
  for (let count = 1; count <= task.messages; count++) {
    const message = await receive(association, steer);
    received.set(message, receivedBytes);
    receivedBytes += message.length;
    semaphore.release();
    if (count === task.messages >> 1) await half();
  }
  await sent;
  await association.close({ timeoutMs: 40_000 });
  const states = transport.relays.map(({ state }) => state);
  await stack.close();
  return { sent: await sha256(data), received: await sha256(received), receivedBytes, relays: states };
}

async function send(
  association: Association,
  data: Uint8Array,
  messageBytes: number,
  semaphore: Semaphore,
): Promise<void> {
  for (let start = 0; start < data.length; start += messageBytes) {
    await semaphore.acquire();
    await association.send(data.subarray(start, start + messageBytes));
  }
}

async function receive(association: Association, impatient: () => void): Promise<Uint8Array> {
  for (;;) {
    try {
      const message = await association.receive({ timeoutMs: PATIENCE_MS });
      if (message === undefined) throw new Error('the server has shut the association down');
      return message.data;
    } catch (error) {
      if ((error as { code?: string }).code !== 'ETIMEDOUT' || association.state !== 'open') throw error;
      impatient();
    }
  }
}

/** Asks the server, once, to send to an address of the remaining relay. */
function steering(association: Association, transport: RelayTransport): () => void {
  let isDone = false;
  return () => {
    const [left] = transport.relays.filter(({ state }) => state === 'up');
    const address = left?.addresses[0]?.address;
    if (isDone || address === undefined || transport.relays.every(({ state }) => state === 'up')) return;
    association.setOption('peerPrimaryPath', address);
    isDone = true;
  };
}

function random(bytes: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(bytes);
  for (let start = 0; start < bytes; start += MAX_RANDOM_BYTES) {
    crypto.getRandomValues(all.subarray(start, start + MAX_RANDOM_BYTES));
  }
  return all;
}

/** Limits how many messages are in flight. */
class Semaphore {
  #free: number;
  #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  async acquire(): Promise<void> {
    if (this.#free-- <= 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  release(): void {
    this.#free++;
    this.#waiting.shift()?.();
  }
}
