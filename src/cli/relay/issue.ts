import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseRule } from '../../relay/policy.js';
import { signTicket, type TicketKey } from '../../relay/ticket.js';
import { required, wholeNumber } from '../values.js';

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
