import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { signTicket, type TicketKey } from '../../relay/ticket.js';

/** The keys of a file: a JSON Web Key Set, or one key. */
export function readKeys(file: string | undefined): TicketKey[] {
  const set: unknown = JSON.parse(readFileSync(required('--keys', file), 'utf8'));
  const keys = (set as { keys?: unknown }).keys ?? [set];
  if (!Array.isArray(keys)) throw new Error(`${file} is no JSON Web Key Set`);
  return keys as TicketKey[];
}

/** A set of one new secret key for HS256. */
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
  const claims = {
    sub: required('--subject', values.subject),
    aud: required('--audience', values.audience),
    exp: Math.floor(Date.now() / 1000) + Number(values.seconds),
    destinations: required('--destination', values.destination),
  };
  return signTicket(claims, key);
}

export function required<Value>(option: string, value: Value | undefined): Value {
  if (value === undefined) throw new Error(`give ${option}; see usrsctp-relay --help`);
  return value;
}
