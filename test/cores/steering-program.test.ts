import { describe, expect, test } from 'vitest';
import { packBatch, unpackBatch } from '../../src/cores/packet-batch.js';
import type { Packet } from '../../src/index.js';
import type { Instruction } from '../../src/transport/native/bpf.js';
import {
  BPF_A,
  BPF_ABS,
  BPF_ALU,
  BPF_JA,
  BPF_JEQ,
  BPF_JMP,
  BPF_K,
  BPF_LD,
  BPF_MOD,
  BPF_RET,
  BPF_W,
  SKF_AD_OFF,
  SKF_AD_RANDOM,
} from '../../src/transport/native/linux.js';
import { steeringProgram } from '../../src/transport/native/steering-program.js';

/** What the kernel would return: the number of the socket. */
function run(program: readonly Instruction[], tag: number, random: number): number {
  let a = 0;
  for (let at = 0; at < program.length; at++) {
    const { code, k, jt = 0, jf = 0 } = program[at]!;
    if (code === (BPF_LD | BPF_W | BPF_ABS)) a = k === 4 ? tag : k === SKF_AD_OFF + SKF_AD_RANDOM ? random : Number.NaN;
    else if (code === (BPF_ALU | BPF_MOD | BPF_K)) a %= k;
    else if (code === (BPF_JMP | BPF_JA)) at += k;
    else if (code === (BPF_JMP | BPF_JEQ | BPF_K)) at += a === k ? jt : jf;
    else if (code === (BPF_RET | BPF_A)) return a;
    else if (code === (BPF_RET | BPF_K)) return k;
    else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error('the program has no end');
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('the program by which the kernel chooses a socket', () => {
  test.each([1, 2, 4, 7, 256])('%i shares: by the tag, and INITs evenly', (of) => {
    const program = steeringProgram({ of, present: range(of), open: range(of) });
    for (const tag of [1, 2, 1000, 0x8000_0000, 0xffff_ffff]) expect(run(program, tag, 5)).toBe(tag % of);
    expect(range(of).map((random) => run(program, 0, random))).toEqual(range(of));
  });

  test.each([2, 3, 4, 64, 256])('%i shares: those without a stack get nothing, draining ones no INIT', (of) => {
    for (let round = 0; round < 50; round++) {
      const present = range(of).filter((index) => (index * 7 + round) % 3 > 0 || index === round % of);
      const open = present.filter((index) => (index + round) % 2 === 0);
      const program = steeringProgram({ of, present, open });
      const takers = open.length > 0 ? open : present;
      for (const index of range(of)) {
        const chosen = run(program, index + of, 3);
        if (present.includes(index)) expect(chosen).toBe(index);
        else expect(takers).toContain(chosen);
      }
      const inits = range(takers.length).map((random) => run(program, 0, random));
      expect(inits.toSorted((a, b) => a - b)).toEqual(takers);
    }
  });

  test('without any stack there is a program, too', () => {
    expect(run(steeringProgram({ of: 4, present: [], open: [] }), 7, 9)).toBe(0);
  });
});

test('packets that are passed to another thread arrive as they were', () => {
  const packets: Packet[] = [0, 1, 3, 4, 1500].map((length, number) => ({
    source: number % 2 === 0 ? '10.0.0.1' : '2001:db8::1',
    destination: '10.0.0.2',
    port: 65_535 - number,
    trafficClass: 255 - number,
    bytes: new Uint8Array(2000).fill(number).subarray(7, 7 + length),
    ...(number === 2 && { mayBeFragmented: true }),
  }));
  const { addresses, buffer } = packBatch(packets);
  expect(addresses).toEqual(['10.0.0.1', '10.0.0.2', '2001:db8::1']);
  expect(unpackBatch(structuredClone({ addresses, buffer }, { transfer: [buffer] }))).toEqual(packets);
  expect(buffer.byteLength).toBe(0);
});
