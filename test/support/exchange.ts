import type { Association } from '../../src/index.js';
import { isEqual, pattern } from './two-stacks.js';

const STREAMS = 4;

/**
 * Sends messages of 20 kB in both directions at once, on four streams, and checks that each arrives unchanged and in order.
 * `progress` is called after each message that arrives at either end.
 */
export async function exchange(
  a: Association,
  b: Association,
  count: number,
  progress: (arrived: number) => void = () => {},
): Promise<void> {
  const messages = Array.from({ length: count }, (_, index) => pattern(20_000, index + 1));
  const send = async (association: Association) => {
    for (const [index, message] of messages.entries()) await association.send(message, { stream: index % STREAMS });
  };
  const receive = async (association: Association) => {
    const next = Array.from({ length: STREAMS }, (_, stream) => stream);
    for (let arrived = 1; arrived <= count; arrived++) {
      const message = await association.receive({ timeoutMs: 40_000 });
      const stream = message?.stream ?? 0;
      const index = next[stream] ?? 0;
      next[stream] = index + STREAMS;
      if (!isEqual(message?.data, messages[index]!)) throw new Error(`message ${index} is not what was sent`);
      progress(arrived);
    }
  };
  await Promise.all([send(a), send(b), receive(a), receive(b)]);
}
