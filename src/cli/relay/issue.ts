import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseRule } from '../../relay/policy.js';
import { signTicket, type TicketKey } from '../../relay/ticket.js';

/** Reads keys from a file: a JSON Web Key Set, or one key. */
export function readKeys(file: string | undefined): TicketKey[] {
  const set: unknown = JSON.parse(readFileSync(required('--keys', file), 'utf8'));
  const keys = (set as { keys?: unknown }).keys ?? [set];
  if (!Array.isArray(keys)) throw new Error(`${file} is not a JSON Web Key Set`);
  return keys as TicketKey[];
}

/** A JSON Web Key Set with a new secret key for HS256. */
export function newKeys(): string {
  const key = { kty: 'oct', k: randomBytes(32).toString('base64url'), kid: randomUUID() };
  return `${JSON.stringify({ keys: [key] })}\n`;
}

export async function newTicket(args: readonly string[]): Promise<string> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      keys: { type: 'string' },
      audience: { type: 'string' },
      subject: { type: 'string' },
      destination: { type: 'string', multiple: true },
      seconds: { type: 'string', default: '600' },
    },
  });
  const [key] = readKeys(values.keys);
  if (key === undefined) throw new Error(`${values.keys} has no key`);
  const destinations = required('--destination', values.destination);
  for (const destination of destinations) parseRule(destination);
  const claims = {
    sub: required('--subject', values.subject),
    aud: required('--audience', values.audience),
    exp: Math.floor(Date.now() / 1000) + wholeNumber('--seconds', values.seconds, 1),
    destinations,
  };
  return signTicket(claims, key);
}

export function required<Value>(option: string, value: Value | undefined): Value {
  if (value === undefined) throw new Error(`${option} is missing; see usrsctp-relay --help`);
  return value;
}

/** Parses the value of a numeric option. */
export function wholeNumber(option: string, text: string, min: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= Number.MAX_SAFE_INTEGER) return value;
  throw new Error(`${option} is '${text}': it must be an integer of at least ${min}`);
}
