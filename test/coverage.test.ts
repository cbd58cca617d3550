import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sysctls } from '../src/generated/sysctls.js';
import { Association, conn, Socket, Stack, Stream, sealPacket } from '../src/index.js';
import { options } from '../src/options/table.js';
import { COUNTERS } from '../src/socket/stack-statistics.js';
import { header, RAW_ONLY, SYSCTLS, upstream } from './support/upstream.js';

interface Coverage {
  markdown: string;
  missing: string[];
}

const read = (file: string) => readFileSync(file, 'utf8');
const script = `${process.cwd()}/scripts/coverage.mjs`;

/** The tests of the API. This one isn't among them because it doesn't call the API. */
const tests = Object.fromEntries(
  readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((name) => /^(raw|socket)\/.*\.test\.ts$/.test(name))
    .sort()
    .map((name) => [`test/${name}`, read(`test/${name}`)]),
);

/** The names of an object's properties, inherited ones included. */
function namesOf(object: object | null): string[] {
  return object ? [...Object.getOwnPropertyNames(object), ...namesOf(Object.getPrototypeOf(object))] : [];
}

/** The properties of an interface, which exist only in its source. */
function membersOf(file: string, name: string): string[] {
  const body = new RegExp(`interface ${name}\\b[^]*?\n}`).exec(read(file))?.[0] ?? '';
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map(([, member = '']) => member);
}

const association = namesOf(Association.prototype);
const functions = [...association, ...namesOf(conn({ onConnOutput: () => undefined })), conn.name, sealPacket.name];
const api = {
  stack: namesOf(Stack.prototype),
  socket: namesOf(Socket.prototype),
  association,
  stream: namesOf(Stream.prototype),
  transport: membersOf('src/transport/transport.ts', 'Transport'),
  socketEvents: membersOf('src/socket/events.ts', 'SocketEvents'),
  associationEvents: membersOf('src/association/events.ts', 'AssociationEvents'),
  functions,
};

test('every function, option, notification, sysctl and counter of usrsctp has a counterpart here and a test', async () => {
  const { coverage } = (await import(/* @vite-ignore */ script)) as { coverage(input: object): Coverage };
  const { markdown, missing } = coverage({
    header,
    options: Object.fromEntries(Object.entries(options).map(([name, row]) => [row.constant, { ...row, name }])),
    sysctls,
    counters: COUNTERS,
    tests,
    api: Object.fromEntries(Object.entries(api).map(([owner, names]) => [owner, new Set(names)])),
  });
  expect(new Set(missing)).toEqual(new Set(RAW_ONLY));
  expect(markdown).toMatch(/## Functions: 39\n/);
  expect(markdown).toMatch(/## Notifications: 14\n/);
  expect(markdown).toContain(`## Sysctls: ${SYSCTLS}\n`);
  expect(markdown).toMatch(/## Counters: 113\n/);
  // The document describes the pinned release. Upstream's main has more options.
  if (upstream !== 'main') await expect(markdown).toMatchFileSnapshot('../docs/api-coverage.md');
});
