import type { Association, Endpoint, Message, Stack } from '../../src/index.js';
import { checkBytes, checkEqual } from '../../src/testing/check.js';

/** From one byte to many packets. */
export const SIZES = [1, 2, 100, 1_000, 1_451, 1_452, 1_453, 10_000, 65_536, 200_000] as const;

/** Bytes that differ from message to message. */
export function pattern(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 0xff);
}

/** Starts an echo server on a stack; calls `heard` with each message. */
export function serve(stack: Stack, endpoints: readonly Endpoint[], heard?: (message: Message) => void): void {
  const listener = stack.socket({ style: 'one-to-many' });
  listener.bindx(endpoints);
  const answer = async () => {
    for await (const association of listener.listen()) void echo(association, heard).catch(() => undefined);
  };
  void answer().catch(() => undefined);
}

async function echo(association: Association, heard?: (message: Message) => void): Promise<void> {
  for await (const message of association) {
    heard?.(message);
    const { data, stream, ppid } = message;
    await association.send(data, { stream, ppid });
  }
}

/** Sends messages of all sizes on several streams, and checks that they come back unchanged. */
export async function exchange(association: Association): Promise<void> {
  const send = async () => {
    for (const [index, size] of SIZES.entries()) {
      await association.send(pattern(size), { stream: index % 3, ppid: size });
    }
  };
  const [back] = await Promise.all([take(association, SIZES.length), send()]);
  for (const size of SIZES) {
    const message = back.find(({ ppid }) => ppid === size);
    checkBytes(message?.data, pattern(size), `the echo of ${size} bytes`);
    checkEqual(message?.stream, SIZES.indexOf(size) % 3, 'its stream');
  }
}

async function take(association: Association, count: number): Promise<Message[]> {
  const messages: Message[] = [];
  while (messages.length < count) {
    const message = await association.receive({ timeoutMs: 40_000 });
    if (message === undefined) throw new Error(`the peer closed after ${messages.length} messages`);
    messages.push(message);
  }
  return messages;
}

/** Sends a message, and checks that it comes back. */
export async function roundTrip(association: Association, text: string): Promise<void> {
  await association.send(text);
  const [message] = await take(association, 1);
  checkEqual(new TextDecoder().decode(message?.data), text, 'the echo');
}
