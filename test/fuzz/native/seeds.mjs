// The first inputs of the fuzzers: usrsctp's own corpora, and set-ups by hand. target.c says what an input is.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [CLIENT, SERVER] = [0, 1];
const TAG = { right: 0, zero: 4, reflected: 8 };
const OBSERVED = 0x10;
/** All extensions, all notifications, resets, I-DATA, no delay. */
const ALL = [0xff, 0x5f];
/** The same with DATA instead of I-DATA. */
const WITHOUT_I_DATA = [0xff, 0x47];
const ESTABLISHED = 8;

const deliver = (count) => [0, count - 1];
const drop = (count) => [2, count - 1];
const advance = (step) => [3, step];
const send = (end, size, stream, flags = 0) => [4, end | (size << 1) | (stream << 4), flags];
const accept = [5, 0];
const read = (end) => [6, end];
const reset = (end, flags) => [7, end | flags];
const addresses = (end, what) => [8, end | (what << 2)];
const end = (of, how) => [9, of | (how << 1)];

/** Chunks that an end is said to have sent. */
function inject(sender, bytes, argument = TAG.right) {
  const words = Math.min(Math.ceil(bytes.length / 4), 255);
  const padded = new Uint8Array(words * 4);
  padded.set(bytes.subarray(0, padded.length));
  return [13, sender | argument, words, ...padded];
}

const input = (kind, options, ...operations) => Uint8Array.from([kind, ...options, ...options, ...operations.flat()]);

/** The chunks of usrsctp's corpora. Inputs of its fuzzer for connecting start with a byte of flags. */
function* corpora(source) {
  const files = function* (name) {
    const folder = join(source, 'fuzzer', name);
    for (const file of readdirSync(folder)) yield new Uint8Array(readFileSync(join(folder, file)));
  };
  for (const bytes of files('CORPUS_CONNECT')) yield [bytes.subarray(1)];
  for (const bytes of files('CORPUS_LISTEN')) yield [bytes.subarray(12)];
  for (const bytes of files('CORPUS_FRAGMENT')) {
    const packets = [];
    for (let at = 1; at + 4 <= bytes.length; ) {
      const length = Math.max(4, (bytes[at + 2] << 8) | bytes[at + 3]);
      packets.push(bytes.subarray(at, at + length));
      at += length;
    }
    yield packets;
  }
}

const words = (...values) =>
  values.flatMap((value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]);
/** INIT with ECN, PR-SCTP, re-configuration and I-DATA. ASCONF would need AUTH. */
const INIT = Uint8Array.from([
  ...[1, 0, 0, 44],
  ...words(0x11111111, 0x10000, 0x00100010, 1000),
  ...words(0x80000004, 0xc0000004),
  ...[0x80, 8, 0, 8, 0xc0, 0x82, 0x40, 0xc2],
  ...words(0x000c0006, 0x00050000),
]);
const COOKIE_ECHO = Uint8Array.from([10, 0, 0, 4]);
const DATA = Uint8Array.from([0, 3, 0, 20, ...words(0, 0, 0, 0x41414141)]);

function* listening(source) {
  const setUp = [inject(CLIENT, INIT, TAG.zero | OBSERVED), drop(8), inject(CLIENT, COOKIE_ECHO), drop(8), accept];
  for (const options of [ALL, WITHOUT_I_DATA, [0, 0]]) {
    yield input(0, options, ...setUp, inject(CLIENT, DATA), read(SERVER), drop(8), end(SERVER, 0));
  }
  for (const packets of corpora(source)) {
    yield input(0, ALL, ...setUp, ...packets.map((bytes) => inject(CLIENT, bytes)), advance(3));
    yield input(0, ALL, ...packets.map((bytes) => inject(CLIENT, bytes, TAG.zero)));
  }
}

function* associations(source) {
  const talk = [send(CLIENT, 3, 1), deliver(16), read(SERVER), send(SERVER, 2, 2, 0x11), deliver(16), read(CLIENT)];
  for (const options of [ALL, WITHOUT_I_DATA]) {
    for (const kind of [ESTABLISHED, ESTABLISHED | 1, ESTABLISHED | 6]) {
      yield input(kind, options, ...talk, end(CLIENT, 0), deliver(16));
      yield input(kind, options, ...talk, reset(CLIENT, 6), deliver(16), reset(SERVER, 0x46), deliver(16));
      yield input(kind, options, ...talk, addresses(CLIENT, 5), deliver(16), addresses(CLIENT, 5), deliver(16));
      yield input(
        kind,
        options,
        send(CLIENT, 4, 1),
        deliver(8),
        drop(4),
        advance(3),
        deliver(16),
        advance(4),
        deliver(32),
      );
    }
  }
  for (const packets of corpora(source)) {
    const injected = packets.map((bytes) => inject(SERVER, bytes));
    yield input(ESTABLISHED, ALL, ...injected, deliver(16), advance(3));
    yield input(ESTABLISHED, WITHOUT_I_DATA, send(CLIENT, 3, 0), ...injected, deliver(16), end(CLIENT, 0), deliver(8));
    yield input(0, ALL, ...injected, deliver(16)); // in COOKIE-WAIT
    yield input(0, ALL, deliver(2), ...injected, deliver(16)); // in COOKIE-ECHOED
    yield input(ESTABLISHED, ALL, end(CLIENT, 0), ...injected, deliver(16)); // in SHUTDOWN-SENT
  }
}

/** Writes the first inputs of a target into a folder. Returns how many there are. */
export function writeSeeds(target, source, folder) {
  mkdirSync(folder, { recursive: true });
  const inputs = [...(target === 'listening' ? listening(source) : associations(source))];
  for (const [index, bytes] of inputs.entries()) writeFileSync(join(folder, `seed-${index}`), bytes);
  return inputs.length;
}
