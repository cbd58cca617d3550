import type { Address } from '../address.js';
import { featureOptions } from './features.js';
import { transferOptions } from './transfer.js';

/** The socket options of usrsctp, by their names in this API; `docs/api-coverage.md` lists them. */
export const options: typeof transferOptions & typeof featureOptions = { ...transferOptions, ...featureOptions };

/** The row of an option; undefined if there is none of that name. */
export function optionRow(name: unknown): OptionRow | undefined {
  return typeof name === 'string' && Object.hasOwn(options, name) ? options[name as OptionName] : undefined;
}

/** The name of a socket option. `docs/api-coverage.md` lists the C names and the values. */
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

/** The type of each kind of field. */
export interface Kinds {
  number: number;
  /** Seconds, at most as many as usrsctp's timers can count in ticks of 1 ms. */
  seconds: number;
  boolean: boolean;
  /** A counter of 64 bits. Beyond 2^53 it isn't exact. */
  count: number;
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

/** An option in general. */
export interface OptionRow {
  readonly constant: string;
  readonly read?: Place;
  readonly write?: Place;
  /** Why the option can't be read, or can't be written. */
  readonly why?: string;
  /** The fields that a query must have. */
  readonly query?: readonly string[];
  /** Set if errors must not contain the value: what they say instead. */
  readonly isSecret?: string;
  /** The C field that counts the elements of the list. */
  readonly count?: string;
  /** The option with the number of elements, for a list that may not fit into a fixed size. */
  readonly countedBy?: 'associationCount';
  /** The only field of the option; an empty name if the option is a C `int`. */
  readonly value?: FieldRow;
  readonly fields?: Readonly<Record<string, FieldRow>>;
}

export type Place = 'socket' | 'association' | 'both' | 'path';

type Row<N extends OptionName> = (typeof options)[N];
type Field<F> = F extends readonly [string, infer K extends keyof Kinds, ...unknown[]] ? Kinds[K] : never;

/** The type of an option's value. */
export type OptionValue<N extends OptionName> =
  Row<N> extends { value: infer F }
    ? Field<F>
    : Row<N> extends { fields: infer Fs }
      ? { [K in keyof Fs]: Field<Fs[K]> }
      : never;

/** The type to which an option can be set. Fields that are left out keep their values. */
export type OptionInput<N extends OptionName> =
  OptionValue<N> extends infer V ? (Row<N> extends { fields: unknown } ? Partial<V> : V) : never;

/** The query that an option needs, such as the stream or the event. */
export type OptionQuery<N extends OptionName> =
  Row<N> extends { query: readonly (infer Q)[] } ? Pick<OptionValue<N>, Q & keyof OptionValue<N>> : unknown;

/** The options that can be read, and written, at a place. */
export type Readable<P extends Place> = { [N in OptionName]: Row<N> extends { read: P } ? N : never }[OptionName];
export type Writable<P extends Place> = { [N in OptionName]: Row<N> extends { write: P } ? N : never }[OptionName];
