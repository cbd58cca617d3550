/**
 * Lets everything run that is ready to run: resolves in a new macrotask, and a runtime starts that only when no
 * microtask is left, however many `await`s stand in a row. It measures no time.
 */
export const turn: () => Promise<void> = chooseTurn();

/** The functions are taken once, before a test can replace them by fake ones. */
function chooseTurn(): () => Promise<void> {
  const { setImmediate, MessageChannel, setTimeout, navigator } = globalThis;
  if (typeof setImmediate === 'function') return () => new Promise((resolve) => setImmediate(resolve));
  // workerd delivers messages between microtasks
  const isWorkerd = navigator?.userAgent === 'Cloudflare-Workers';
  if (typeof MessageChannel === 'function' && !isWorkerd) return messageTurn(new MessageChannel());
  return () => new Promise((resolve) => setTimeout(resolve, 0));
}

/** Browsers have no setImmediate, and slow setTimeout down to 4 ms; a message to oneself takes microseconds. */
function messageTurn({ port1, port2 }: MessageChannel): () => Promise<void> {
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(undefined);
    });
}
