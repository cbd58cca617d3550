import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { shown } from '../arguments.js';

/** A port, as `node:net` takes it: a number or a numeric string, 0 to 65535. Throws RangeError with Node's code. */
export function portOf(value: unknown, name: string): number {
  const isText = typeof value === 'string' && value.trim() !== '';
  const port = isText ? Number(value) : value;
  if (typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  const error = new RangeError(`${name} must be 0 to 65535, not ${shown(value)}`);
  throw Object.assign(error, { code: 'ERR_SOCKET_BAD_PORT' });
}

/** Addresses that were given as one, as a list, or not at all. Throws TypeError for anything else. */
export function addressesOf(value: unknown, name: string): readonly string[] | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  for (const each of list) {
    if (typeof each === 'string') continue;
    throw invalidArgument(`${name} must be an address, or a list of addresses, not ${shown(each)}`);
  }
  return list.length === 0 ? undefined : (list as readonly string[]);
}

/** Throws TypeError if both are given. */
export function either(names: readonly [string, string], values: readonly [unknown, unknown]): void {
  const [one, other] = values.map((value) => value !== undefined && value !== null);
  if (one && other) throw invalidArgument(`give ${names[0]} or ${names[1]}, not both`);
}

/** The IP addresses of names and addresses. Rejects with the resolver's error. */
export async function resolved(names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(names.map(async (name) => (isIP(name) ? name : (await lookup(name)).address)));
  return [...new Set(found)];
}

/** A TypeError with Node's code for arguments of the wrong type. */
export function invalidArgument(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' });
}

export function familyOf(address: string | undefined): 'IPv4' | 'IPv6' | undefined {
  if (address === undefined) return undefined;
  return address.includes(':') ? 'IPv6' : 'IPv4';
}
