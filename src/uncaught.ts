/** Makes an error the program's uncaught one, in a turn of its own: whoever calls goes on. */
export function uncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
