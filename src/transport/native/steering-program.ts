import type { Instruction } from './bpf.js';
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
} from './linux.js';

/** Where the verification tag is in the payload of a UDP datagram (RFC 9260 §3.1). */
const TAG = 4;
const RETURN_A: Instruction = { code: BPF_RET | BPF_A, k: 0 };

/** What the stacks of the shares do. */
export interface Shares {
  /** How many shares there are. */
  readonly of: number;
  /** The shares that have a stack. */
  readonly present: readonly number[];
  /** Those of them that take new associations. */
  readonly open: readonly number[];
}

/**
 * A program of the kernel (classic BPF) that chooses the socket of a group with SO_REUSEPORT for each datagram: that of the share
 * of its tag, or any for an INIT, whose tag is 0. The socket of share n is the nth of the group. The kernel's hash of the flow
 * can't choose for an INIT: it is 0 between loopback addresses.
 *
 *     A = tag;  if A = 0:  A = random mod open;    table of the open shares
 *               else:      A = tag mod N;          if that share has no stack: another one
 *     return A
 */
export function steeringProgram({ of, present, open }: Shares): readonly Instruction[] {
  const any = open.length > 0 ? open : present.length > 0 ? present : [0];
  const init = [
    { code: BPF_LD | BPF_W | BPF_ABS, k: SKF_AD_OFF + SKF_AD_RANDOM },
    { code: BPF_ALU | BPF_MOD | BPF_K, k: any.length },
    ...table(placesOf(any)),
    RETURN_A,
  ];
  const absent = Array.from({ length: of }, (_, index) => index).filter((index) => !present.includes(index));
  const replaced = new Map(absent.map((index, nth) => [index, any[nth % any.length] ?? 0]));
  return [
    { code: BPF_LD | BPF_W | BPF_ABS, k: TAG },
    { code: BPF_JMP | BPF_JEQ | BPF_K, jt: 1, k: 0 },
    { code: BPF_JMP | BPF_JA, k: init.length },
    ...init,
    { code: BPF_ALU | BPF_MOD | BPF_K, k: of },
    ...table(replaced),
    RETURN_A,
  ];
}

/** Chooses among some shares by a number below their count: as many as possible are chosen by their own number. */
function placesOf(shares: readonly number[]): Map<number, number> {
  const places = new Map<number, number>();
  const high = shares.filter((share) => share >= shares.length);
  for (let place = 0; place < shares.length; place++) {
    if (!shares.includes(place)) places.set(place, high.shift() ?? 0);
  }
  return places;
}

/** If A is a key, returns its value. */
function table(values: ReadonlyMap<number, number>): Instruction[] {
  return [...values].flatMap(([key, value]) => [
    { code: BPF_JMP | BPF_JEQ | BPF_K, jf: 1, k: key },
    { code: BPF_RET | BPF_K, k: value },
  ]);
}
