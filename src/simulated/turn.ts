/**
 * Lets everything run that is ready to run: calls back in a new macrotask, and a runtime starts that only when no
 * microtask is left, however many `await`s stand in a row. It measures no time.
 */
export const turn: (callback: () => void) => void = chooseTurn();

/** The functions are taken once, before a test can replace them by fake ones. */
function chooseTurn(): (callback: () => void) => void {
  const { setImmediate, MessageChannel, setTimeout, navigator } = globalThis;
  if (typeof setImmediate === 'function') return setImmediate;
  // workerd delivers messages between microtasks
  const isWorkerd = navigator?.userAgent === 'Cloudflare-Workers';
  if (typeof MessageChannel === 'function' && !isWorkerd) return messageTurn(new MessageChannel());
  return (callback) => void setTimeout(callback, 0);
}

/** Browsers have no setImmediate, and slow setTimeout down to 4 ms; a message to oneself takes microseconds. */
function messageTurn({ port1, port2 }: MessageChannel): (callback: () => void) => void {
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return (callback) => {
    waiting.push(callback);
    port2.postMessage(undefined);
  };
}
