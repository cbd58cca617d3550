import { constants } from 'node:os';

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno).map(([name, value]) => [value, name]),
);

/** The POSIX name of a negative result of a system call. EWOULDBLOCK is EAGAIN. */
export function errnoName(result: number): string {
  const number = -result;
  return number === constants.errno.EAGAIN ? 'EAGAIN' : (NAMES.get(number) ?? `errno ${number}`);
}
