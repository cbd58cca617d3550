import { isBytes, shown } from '../arguments.js';
import {
  type OptionName,
  type OptionType,
  type OptionTypeOf,
  optionTypes,
  optionType as typeOfOption,
} from '../bridge/option-types.js';
import { type Field, type Layout, readStruct, type StructInput, writeStruct } from '../bridge/struct.js';
import * as C from '../generated/constants.js';
import { linger, sockaddr_storage } from '../generated/layouts.js';
import type { Sockaddr, Sockaddrs } from './sockaddr.js';

/** The value of a C struct: its fields by their C names. A `struct sockaddr_storage` is a sockaddr; an array is bytes. */
export type CValue<L extends Layout> = { -readonly [K in keyof L['fields']]: CField<L['fields'][K]> };

/** A C struct to be written: any of its fields. Those left out are zero. */
export type CInput<L extends Layout> = { readonly [K in keyof L['fields']]?: CFieldInput<L['fields'][K]> };

type CField<F extends Field> = F extends { type: 'struct' } & Layout
  ? CValue<F>
  : F extends { type: 'bytes'; length: 128 }
    ? Sockaddr | undefined
    : F extends { type: 'bytes' }
      ? Uint8Array
      : F extends { type: 'u64' | 'i64' }
        ? bigint
        : number;

type CFieldInput<F extends Field> = F extends { type: 'struct' } & Layout
  ? CInput<F>
  : F extends { type: 'bytes'; length: 128 }
    ? Sockaddr | Uint8Array | undefined
    : F extends { type: 'bytes' }
      ? ArrayBufferView
      : CField<F>;

/** Options of level IPPROTO_SCTP: number → C type of the value. The usrsctp that was built may lack some of them. */
type OptionTypes = { [K in OptionName & keyof typeof C as (typeof C)[K]]: OptionTypeOf<K> };

type TypeOf<Level extends number, Name extends number> = Level extends typeof C.SOL_SOCKET
  ? Name extends typeof C.SO_LINGER
    ? typeof linger
    : 'int'
  : Name extends keyof OptionTypes
    ? OptionTypes[Name]
    : 'int';

/** What usrsctp_getsockopt() returns: a number for an `int`, an object for a struct. */
export type OptionValue<Level extends number, Name extends number> =
  TypeOf<Level, Name> extends infer T ? (T extends Layout ? CValue<T> : number) : never;

/** What usrsctp_setsockopt() takes instead of bytes in C layout. */
export type OptionInput<Level extends number, Name extends number> =
  TypeOf<Level, Name> extends infer T ? (T extends Layout ? CInput<T> : number) : never;

const numbers: Readonly<Record<string, number>> = C;

const typesByNumber = new Map(
  (Object.keys(optionTypes) as OptionName[])
    .filter((name) => numbers[name] !== undefined)
    .map((name) => [numbers[name], typeOfOption(name)]),
);

/** The C type of an option's value. An unknown option counts as an `int`. */
export function optionType(level: number, name: number): OptionType {
  if (level === C.SOL_SOCKET) return name === C.SO_LINGER ? linger : 'int';
  return (level === C.IPPROTO_SCTP && typesByNumber.get(name)) || 'int';
}

/** The bytes of a value in C layout. Throws TypeError if the value doesn't fit the type. */
export function encode(type: OptionType, value: unknown, sockaddrs: Sockaddrs): Uint8Array {
  if (isBytes(value)) return value;
  if (type === 'int') {
    const number = typeof value === 'boolean' ? Number(value) : value;
    if (!Number.isInteger(number)) throw new TypeError(`the value must be a C int or its bytes, not ${shown(value)}`);
    return new Uint8Array(Int32Array.of(number as number).buffer);
  }
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(`the value must be a struct ${type.name} or its bytes, not ${shown(value)}`);
  }
  try {
    return writeStruct(type, withBytes(type, value as Fields, sockaddrs) as StructInput<Layout>);
  } catch (error) {
    if (error instanceof RangeError) throw new TypeError(error.message, { cause: error });
    throw error;
  }
}

/** The value of a struct in C layout. */
export function decode<const L extends Layout>(layout: L, bytes: Uint8Array, sockaddrs: Sockaddrs): CValue<L> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return withSockaddrs(layout, readStruct(layout, view, 0, bytes.length) as Fields, sockaddrs) as CValue<L>;
}

type Fields = { readonly [field: string]: unknown };

function isSockaddr(field: Field | undefined): boolean {
  return field?.type === 'bytes' && field.length === sockaddr_storage.size;
}

/** A struct for writeStruct(), which takes sockaddrs and arrays as bytes. */
function withBytes(layout: Layout, value: Fields, sockaddrs: Sockaddrs): Fields {
  const entries = Object.entries(value).map(([name, content]) => {
    const field = layout.fields[name];
    if (isBytes(content) || content === undefined || field === undefined) return [name, content];
    if (field.type === 'struct') return [name, withBytes(field, content as Fields, sockaddrs)];
    if (isSockaddr(field)) return [name, sockaddrs.packStorage(content as Sockaddr)];
    return [name, field.type === 'bytes' ? bytesOf(content, name) : content];
  });
  return Object.fromEntries(entries);
}

function bytesOf(content: unknown, name: string): Uint8Array {
  if (!ArrayBuffer.isView(content)) throw new TypeError(`${name} must be a typed array, not ${shown(content)}`);
  return new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
}

/** A struct from readStruct(), with its sockaddrs as values. */
function withSockaddrs(layout: Layout, value: Fields, sockaddrs: Sockaddrs): Fields {
  const entries = Object.entries(value).map(([name, content]) => {
    const field = layout.fields[name];
    if (field?.type === 'struct') return [name, withSockaddrs(field, content as Fields, sockaddrs)];
    return [name, isSockaddr(field) ? sockaddrs.unpack(content as Uint8Array) : content];
  });
  return Object.fromEntries(entries);
}
