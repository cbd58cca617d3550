import type { Address } from '../address.js';
import { featureOptions } from './features.js';
import { transferOptions } from './transfer.js';

/** usrsctp's socket options by the names that they have here; `docs/api-coverage.md` lists them. */
export const options: typeof transferOptions & typeof featureOptions = { ...transferOptions, ...featureOptions };

/** The row of an option, if there is one of that name. */
export function optionRow(name: unknown): OptionRow | undefined {
  return typeof name === 'string' && Object.hasOwn(options, name) ? options[name as OptionName] : undefined;
}

/** The name of a socket option; `docs/api-coverage.md` has the C names, and what each one takes. */
export type OptionName = keyof typeof options;

/** Schedulers of outgoing streams, in the order of C's numbers. */
export const SCHEDULERS = [
  'default',
  'round-robin',
  'round-robin-packet',
  'priority',
  'fair-bandwidth',
  'first-come',
] as const;
/** Congestion controls, in the order of C's numbers. */
export const CONGESTION_CONTROLS = ['rfc2581', 'hstcp', 'htcp', 'rtcc'] as const;
/** Variants of concurrent multipath transfer, in the order of C's numbers. */
export const MULTIPATHS = ['off', 'base', 'rpv1', 'rpv2', 'mptcp'] as const;

/** What a field of each kind is. */
export interface Kinds {
  number: number;
  /** As many seconds as usrsctp's timers can have in ticks of 1 ms. */
  seconds: number;
  boolean: boolean;
  bigint: bigint;
  port: number;
  ppid: number;
  address: Address | undefined;
  bytes: Uint8Array;
  list8: readonly number[];
  list16: readonly number[];
  list32: readonly number[];
  switch: boolean;
  flag: boolean;
  association: true;
  scheduler: (typeof SCHEDULERS)[number];
  congestionControl: (typeof CONGESTION_CONTROLS)[number];
  multipath: (typeof MULTIPATHS)[number];
}

/** `[C field, kind, C constants…]`. */
export type FieldRow = readonly [string, keyof Kinds, ...string[]];

/** One option, as code that doesn't know which one it is sees it. */
export interface OptionRow {
  readonly constant: string;
  readonly read?: Place;
  readonly write?: Place;
  /** Why it can't be read, or not written. */
  readonly why?: string;
  /** Fields that a reader must give. */
  readonly query?: readonly string[];
  /** Its value stands in no error; this does, in place of it. */
  readonly isSecret?: string;
  /** The C field that counts the elements of the list. */
  readonly count?: string;
  /** The option that says how many elements the list has, where they may be more than fit in any fixed room. */
  readonly countedBy?: 'associationCount';
  /** The option is this field alone; an empty name: it is a C `int`. */
  readonly value?: FieldRow;
  readonly fields?: Readonly<Record<string, FieldRow>>;
}

export type Place = 'socket' | 'association' | 'both' | 'path';

type Row<N extends OptionName> = (typeof options)[N];
type Field<F> = F extends readonly [string, infer K extends keyof Kinds, ...unknown[]] ? Kinds[K] : never;

/** What an option's value is. */
export type OptionValue<N extends OptionName> =
  Row<N> extends { value: infer F }
    ? Field<F>
    : Row<N> extends { fields: infer Fs }
      ? { [K in keyof Fs]: Field<Fs[K]> }
      : never;

/** What an option may be set to: fields that are left out stay as they are. */
export type OptionInput<N extends OptionName> =
  OptionValue<N> extends infer V ? (Row<N> extends { fields: unknown } ? Partial<V> : V) : never;

/** What a reader has to give: which stream, which event. */
export type OptionQuery<N extends OptionName> =
  Row<N> extends { query: readonly (infer Q)[] } ? Pick<OptionValue<N>, Q & keyof OptionValue<N>> : unknown;

/** The options that can be read, or written, where it says. */
export type Readable<P extends Place> = { [N in OptionName]: Row<N> extends { read: P } ? N : never }[OptionName];
export type Writable<P extends Place> = { [N in OptionName]: Row<N> extends { write: P } ? N : never }[OptionName];
