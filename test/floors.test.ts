import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

/** The floors from the bottom up: a file imports only from its own floor or a lower one (docs/ARCHITECTURE.md). */
const FLOORS: readonly (readonly RegExp[])[] = [
  [/^generated\//, /^wasm\.d\.ts$/, /^wasm\//],
  [
    /^(address|arguments|clock|errors|event-listeners|host-name|lib-types|nearest-name|printable|packet|ppid|random|share|uncaught|wait)\.ts$/,
  ],
  [/^wire\//, /^capture\//],
  [/^relay\/(codec|datagrams|octets|close-codes|lru-map|udp-endpoint)\.ts$/],
  [/^bridge\//, /^transport\//, /^simulated\//, /^steering\//],
  [/^relay\//],
  [/^stack\//],
  [/^options\//],
  [/^association\//],
  [/^socket\//, /^raw\//],
  [/^cores\//],
  [
    /^(index|slim|udp|no-udp|native|no-native|cores|no-cores|relay|relay-server|simulated|raw|capture|shared-chunk)\.ts$/,
  ],
  [/^datachannel/, /^net(\.ts$|\/)/],
  [/^testing/],
  [/^cli\//],
];

/** Folders on the same floor that must not import from each other. */
const FORBIDDEN: readonly (readonly [RegExp, RegExp])[] = [
  [/^transport\//, /^(bridge|simulated|steering)\//],
  [/^simulated\//, /^(bridge|steering)\//],
  [/^steering\//, /^(bridge|simulated)\//],
  [/^bridge\//, /^(transport|simulated)\//],
];

/** The only files that may import Node's modules. */
const NODE_ONLY = [
  /^wasm\/node\.ts$/,
  /^transport\/(udp|native)/,
  /^transport\/relay\/websocket\.ts$/,
  /^(udp|native|cores)\.ts$/,
  /^cores\//,
  /^relay\/(udp|options|resolver|server|connection)\.ts$/,
  /^relay\/workers\/(worker|relay-workers)\.ts$/,
  /^cli\//,
  /^testing\/udp/,
  /^net\//,
];

/** Files that may import packages: only the relay server loads them, and `usrsctp-wasm/native`. */
const WITH_PACKAGES = [/^relay\/(ticket|network|metrics)\.ts$/, /^transport\/native\/ffi\.ts$/];

/** A file of more than 300 lines may contain two ideas, but is not split just to fit a number. */
const LONGEST_FILE = 600;

const root = 'src';
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

function floorOf(file: string): number {
  return FLOORS.findIndex((floor) => floor.some((pattern) => pattern.test(file)));
}

function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8');
  return [...source.matchAll(/(?:from|import)\s*\(?'([^']+)'/g)].map((match) => match[1]!);
}

function resolved(file: string, specifier: string): string {
  return normalize(relative('.', join(dirname(file), specifier))).replace(/\.js$/, '.ts');
}

/** The files of src/ that a file imports, types included. */
function imported(file: string): string[] {
  return importsOf(file)
    .filter((specifier) => specifier.startsWith('.') && !specifier.endsWith('.wasm'))
    .map((specifier) => resolved(file, specifier));
}

/** Groups of files that import each other, directly or indirectly. */
function importCircles(): string[][] {
  const direct = new Map(files.map((file) => [file, imported(file)]));
  const reached = new Map(files.map((file) => [file, reachable(file, direct)]));
  const inCircle = (a: string, b: string) => reached.get(a)?.has(b) === true && reached.get(b)?.has(a) === true;
  const groups = files
    .filter((file) => inCircle(file, file))
    .map((file) => files.filter((other) => inCircle(file, other)));
  return [...new Map(groups.map((group) => [group.toSorted().join(' '), group.toSorted()])).values()];
}

/** Classes that inherit from a class of src/, rather than from one of the language or of Node. */
function inheritingClasses(): string[] {
  const sources = files.map((file) => [file, readFileSync(join(root, file), 'utf8')] as const);
  const ours = new Set(sources.flatMap(([, text]) => [...text.matchAll(/class (\w+)/g)].map(([, name]) => name)));
  return sources
    .flatMap(([file, text]) => {
      const originals = new Map([...text.matchAll(/(\w+) as (\w+)/g)].map(([, name, alias]) => [alias, name]));
      const imported = [...text.matchAll(/import (?:type )?\{([^}]*)\} from '(\w[^']*)'/g)];
      const foreign = new Set(imported.flatMap(([, names]) => names!.match(/\w+/g) ?? []));
      return [...text.matchAll(/class (\w+)(?:<[^{]*>)? extends (\w+)/g)]
        .filter(([, , base]) => !foreign.has(base!) && ours.has(originals.get(base) ?? base))
        .map(([, name, base]) => `${file}: ${name} extends ${base}`);
    })
    .toSorted();
}

function reachable(file: string, direct: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>();
  const waiting = [...(direct.get(file) ?? [])];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    waiting.push(...(direct.get(next) ?? []));
  }
  return found;
}

describe('floors', () => {
  test('every file belongs to a floor', () => {
    expect(files.filter((file) => floorOf(file) < 0)).toEqual([]);
  });

  test('a file imports from its own floor or a lower one', () => {
    const upwards = files.flatMap((file) =>
      imported(file)
        .filter((target) => floorOf(target) > floorOf(file) || isForbidden(file, target))
        .map((target) => `${file} → ${target}`),
    );
    expect(upwards).toEqual([]);
  });

  test('no files import each other in a cycle, not even for types', () => {
    expect(importCircles()).toEqual([]);
  });

  test('no class has more than one ancestor that is ours: Stack and TestNetwork have one, the others have none', () => {
    expect(inheritingClasses()).toEqual([
      'socket/packaged-stack.ts: Stack extends SlimStack',
      'testing/test-network.ts: TestNetwork extends Network',
    ]);
  });

  test('code that runs everywhere imports neither Node’s modules nor packages', () => {
    const outside = files
      .filter((file) => ![...NODE_ONLY, ...WITH_PACKAGES].some((pattern) => pattern.test(file)))
      .flatMap((file) =>
        importsOf(file)
          .filter((specifier) => !specifier.startsWith('.') && specifier !== '#wasm')
          .map((s) => `${file} → ${s}`),
      );
    expect(outside).toEqual([]);
  });

  test('only instance.ts instantiates, and only bridge/ reads the module’s memory', () => {
    const users = (pattern: RegExp) => files.filter((file) => pattern.test(readFileSync(join(root, file), 'utf8')));
    expect(users(/WebAssembly\.instantiate/)).toEqual(['bridge/instance.ts']);
    expect(users(/memory\.buffer|new Memory\(/)).toEqual(['bridge/instance.ts']);
  });

  test('time and randomness come only from the injected clock and randomness', () => {
    const allowed = ['clock.ts', 'random.ts'];
    const source = /\b(Date\.now|performance\.now|Math\.random|setTimeout|setInterval|getRandomValues)\(/;
    const outside = files.filter(
      (file) =>
        !allowed.includes(file) &&
        !NODE_ONLY.some((p) => p.test(file)) &&
        source.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(outside).toEqual([]);
  });

  test(`no file is longer than ${LONGEST_FILE} lines`, () => {
    const ours = [
      ...files.filter((file) => !file.startsWith('generated/')).map((file) => join(root, file)),
      ...list('wasm', /\.(c|h|sh)$/),
      ...list('scripts', /\.(sh|mjs)$/),
      ...list('test', /\.(ts|c|mjs)$/),
      'build.sh',
    ];
    const lines = (file: string) => readFileSync(file, 'utf8').split('\n').length - 1;
    expect(ours.filter((file) => lines(file) > LONGEST_FILE).map((file) => `${file}: ${lines(file)}`)).toEqual([]);
  });
});

function isForbidden(file: string, target: string): boolean {
  return FORBIDDEN.some(([from, to]) => from.test(file) && to.test(target));
}

function list(folder: string, pattern: RegExp): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => pattern.test(name)).map((name) => join(folder, name));
}
