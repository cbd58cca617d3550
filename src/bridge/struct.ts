import { isBytes, shown } from '../arguments.js';

/**
 * C structs as values, read and written by the generated layouts. Numbers are little-endian, as WebAssembly has them.
 * Fields that C has in network byte order, such as `sin_port`, are not converted here.
 */

/** The fields of a C struct. `src/generated/layouts.ts` has one for each struct. */
export interface Layout {
  readonly name: string;
  /** The C `sizeof`. */
  readonly size: number;
  readonly fields: { readonly [field: string]: Field };
}

export type Field = NumberField | BigIntField | BytesField | StructField;

interface NumberField {
  readonly offset: number;
  readonly type: 'u8' | 'u16' | 'u32' | 'i8' | 'i16' | 'i32' | 'f64';
}

interface BigIntField {
  readonly offset: number;
  readonly type: 'u64' | 'i64';
}

/** An array, or an opaque struct such as a `sockaddr_storage`. A `length` of 0 is a C flexible array. */
interface BytesField {
  readonly offset: number;
  readonly type: 'bytes';
  readonly length: number;
}

interface StructField extends Layout {
  readonly offset: number;
  readonly type: 'struct';
}

/** The value of a struct: its fields by their C names. */
export type StructValue<L extends Layout> = { -readonly [K in keyof L['fields']]: FieldValue<L['fields'][K]> };

/** A struct to be written: any of its fields. Those left out are zero. */
export type StructInput<L extends Layout> = { readonly [K in keyof L['fields']]?: FieldInput<L['fields'][K]> };

type FieldValue<F extends Field> = F extends StructField
  ? StructValue<F>
  : F extends BytesField
    ? Uint8Array
    : F extends BigIntField
      ? bigint
      : number;

type FieldInput<F extends Field> = F extends StructField ? StructInput<F> : FieldValue<F>;

/**
 * Reads the struct at `offset` of a view, and copies its bytes. `length` is the number of bytes that there are; those
 * beyond the size of the struct belong to its flexible array. Throws RangeError if the struct doesn't fit into `length`.
 */
export function readStruct<const L extends Layout>(
  layout: L,
  view: DataView,
  offset: number = 0,
  length: number = layout.size,
): StructValue<L> {
  if (length < layout.size) throw new RangeError(`${layout.name} has ${layout.size} bytes, not ${length}`);
  const value: Record<string, unknown> = {};
  for (const name in layout.fields) {
    const field = layout.fields[name];
    if (field !== undefined) value[name] = readField(field, view, offset + field.offset, length - field.offset);
  }
  return value as StructValue<L>;
}

/**
 * The bytes of a struct: `layout.size`, and more if its flexible array needs them. Throws RangeError, which names the
 * struct and the field, if a value doesn't fit.
 */
export function writeStruct<const L extends Layout>(layout: L, input: StructInput<L>): Uint8Array {
  const bytes = new Uint8Array(writtenSize(layout, input));
  writeFields(layout, input, new DataView(bytes.buffer), 0);
  return bytes;
}

/** Field values by name, where the layout is known at run time only. */
type Values = { readonly [field: string]: unknown };

/** `rest` is the number of bytes from the beginning of this field. */
function readField(field: Field, view: DataView, at: number, rest: number): unknown {
  if (field.type === 'struct') return readStruct(field, view, at);
  if (field.type !== 'bytes') return NUMBERS[field.type].read(view, at);
  const length = isFlexible(field) ? rest : field.length;
  return new Uint8Array(view.buffer, view.byteOffset + at, length).slice();
}

function writeFields(layout: Layout, values: Values, view: DataView, offset: number): void {
  for (const name in values) {
    const field = layout.fields[name];
    const value = values[name];
    if (field === undefined) throw new RangeError(`${layout.name}.${name} doesn't exist`);
    if (value !== undefined) writeField(field, value, view, offset + field.offset, `${layout.name}.${name}`);
  }
}

/** The casts are safe: `writeStruct` accepts only values of the field's type. */
function writeField(field: Field, value: unknown, view: DataView, at: number, path: string): void {
  if (field.type === 'struct') writeFields(field, value as Values, view, at);
  else if (field.type === 'bytes') writeBytes(field, value as Uint8Array, view, at, path);
  else writeNumber(NUMBERS[field.type], value, view, at, path);
}

function writeNumber(type: NumberType, value: unknown, view: DataView, at: number, path: string): void {
  if (!type.holds(value)) throw new RangeError(`${path} takes ${type.takes}, not ${shown(value)}`);
  type.write(view, at, value);
}

function writeBytes(field: BytesField, value: Uint8Array, view: DataView, at: number, path: string): void {
  if (!isFlexible(field) && value.length > field.length) {
    throw new RangeError(`${path} takes at most ${field.length} bytes, not ${value.length}`);
  }
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(value, at);
}

/** A flexible array may begin before the end of its struct, within the padding. */
function writtenSize(layout: Layout, values: Values): number {
  let size = layout.size;
  for (const name in values) {
    const field = layout.fields[name];
    const value = values[name];
    if (field?.type !== 'bytes' || !isFlexible(field) || !isBytes(value)) continue;
    size = Math.max(size, field.offset + value.length);
  }
  return size;
}

function isFlexible(field: BytesField): boolean {
  return field.length === 0;
}

interface NumberType {
  /** The range of its values, for error messages. */
  readonly takes: string;
  readonly holds: (value: unknown) => value is number | bigint;
  readonly read: NumberReader;
  readonly write: NumberWriter;
}

type NumberReader = (view: DataView, at: number) => number | bigint;
type NumberWriter = (view: DataView, at: number, value: number | bigint) => void;

function integer(least: number | bigint, most: number | bigint, read: NumberReader, write: NumberWriter): NumberType {
  const holds = (value: unknown): value is number | bigint => isInteger(value) && value >= least && value <= most;
  return { takes: `an integer from ${least} to ${most}`, holds, read, write };
}

function isInteger(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || Number.isInteger(value);
}

const NUMBERS: Record<(NumberField | BigIntField)['type'], NumberType> = {
  u8: integer(
    0,
    0xff,
    (view, at) => view.getUint8(at),
    (view, at, value) => view.setUint8(at, Number(value)),
  ),
  u16: integer(
    0,
    0xffff,
    (view, at) => view.getUint16(at, true),
    (view, at, value) => view.setUint16(at, Number(value), true),
  ),
  u32: integer(
    0,
    0xffff_ffff,
    (view, at) => view.getUint32(at, true),
    (view, at, value) => view.setUint32(at, Number(value), true),
  ),
  u64: integer(
    0n,
    2n ** 64n - 1n,
    (view, at) => view.getBigUint64(at, true),
    (view, at, value) => view.setBigUint64(at, BigInt(value), true),
  ),
  i8: integer(
    -0x80,
    0x7f,
    (view, at) => view.getInt8(at),
    (view, at, value) => view.setInt8(at, Number(value)),
  ),
  i16: integer(
    -0x8000,
    0x7fff,
    (view, at) => view.getInt16(at, true),
    (view, at, value) => view.setInt16(at, Number(value), true),
  ),
  i32: integer(
    -0x8000_0000,
    0x7fff_ffff,
    (view, at) => view.getInt32(at, true),
    (view, at, value) => view.setInt32(at, Number(value), true),
  ),
  i64: integer(
    -(2n ** 63n),
    2n ** 63n - 1n,
    (view, at) => view.getBigInt64(at, true),
    (view, at, value) => view.setBigInt64(at, BigInt(value), true),
  ),
  f64: {
    takes: 'a number',
    holds: (value) => typeof value === 'number',
    read: (view, at) => view.getFloat64(at, true),
    write: (view, at, value) => view.setFloat64(at, Number(value), true),
  },
};
