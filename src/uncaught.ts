/** Throws an error as an uncaught exception of the program, in a microtask, so that the caller continues. */
export function uncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
