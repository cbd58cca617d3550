import { checkObject, isBytes, shown } from '../arguments.js';
import { htonl, htons } from '../bridge/byteorder.js';
import { type OptionName as CName, isFlexible, optionType } from '../bridge/option-types.js';
import { packStorage, unpackSockaddr } from '../bridge/sockaddr.js';
import { type Layout, readStruct, writeStruct } from '../bridge/struct.js';
import * as C from '../generated/constants.js';
import { linger, sockaddr_storage } from '../generated/layouts.js';
import { suggestion } from '../nearest-name.js';
import { CONGESTION_CONTROLS, type FieldRow, type Kinds, MULTIPATHS, type OptionRow, SCHEDULERS } from './table.js';

/** The fields of a struct. */
type Fields = Record<string, unknown>;

/** The association, and the path, that an option is about. */
export interface Scope {
  readonly associationId: number;
  readonly path?: string | undefined;
}

const constants: Readonly<Record<string, number>> = C;

/** The field whose flags say which of the other fields are valid. */
const PATH_FLAGS = 'spp_flags';

/** Room for an answer that ends with a flexible array. */
const FLEXIBLE_BYTES = 4096;

const MOST_INT = 0x7fff_ffff;
/** usrsctp converts seconds to ticks of 1 ms in an int (sctp_usrreq.c: SCTP_AUTOCLOSE). */
const MOST_SECONDS = Math.floor(MOST_INT / 1000);

const NAMES: Partial<Record<keyof Kinds, readonly string[]>> = {
  scheduler: SCHEDULERS,
  congestionControl: CONGESTION_CONTROLS,
  multipath: MULTIPATHS,
};
const ELEMENTS = { list8: Uint8Array, list16: Uint16Array, list32: Uint32Array } as const;

export function constantOf(name: string): number {
  return constants[name] ?? 0;
}

/** The struct of an option; undefined if it is an `int`. */
export function layoutOf({ constant }: OptionRow): Layout | undefined {
  if (constant === 'SO_LINGER') return linger;
  if (constant.startsWith('SO_')) return;
  const type = optionType(constant as CName);
  return type === 'int' ? undefined : type;
}

/** The argument of getsockopt: the fields that it needs, and room for its answer with `elements` in the list. */
export function question(row: OptionRow, scope: Scope, query: object, elements: number = 0): Uint8Array {
  const layout = layoutOf(row);
  if (!layout) return new Uint8Array(4);
  const fields = scoped(layout, scope);
  for (const name of row.query ?? []) assign(fields, row.fields?.[name], Reflect.get(query, name));
  const bytes = new Uint8Array(isFlexible(layout) ? FLEXIBLE_BYTES + 4 * elements : layout.size);
  bytes.set(writeStruct(layout, fields as never));
  return bytes;
}

/** Decodes the answer of getsockopt. */
export function decode(row: OptionRow, bytes: Uint8Array): unknown {
  const layout = layoutOf(row);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!layout) return friendly(view.getInt32(0, true), row.value?.[1] ?? 'number');
  const fields = readStruct(layout, padded(view, layout), 0, Math.max(bytes.length, layout.size)) as Fields;
  const read = (field: FieldRow) => fieldValue(fields, field, row.count);
  if (row.value) return read(row.value);
  return Object.fromEntries(Object.entries(row.fields ?? {}).map(([name, field]) => [name, read(field)]));
}

/**
 * The argument of setsockopt: the value, which is written over the option's current bytes (`before`), if it has any.
 */
export function encode(row: OptionRow, scope: Scope, value: unknown, before?: Uint8Array): Uint8Array {
  const layout = layoutOf(row);
  if (!layout) return int(row.value?.[1] === 'association' ? scope.associationId : plainInt(row, value));
  const fields = before ? (readStruct(layout, viewOf(before), 0, layout.size) as Fields) : {};
  merge(fields, scoped(layout, scope));
  if (row.value) assign(fields, row.value, value);
  else checkObject(value, 'the value', 'setOption');
  for (const [name, content] of Object.entries(row.value ? {} : (value as Fields))) {
    const field = row.fields?.[name];
    if (!field)
      throw new TypeError(`${row.constant} has no field '${name}': ${suggestion(name, Object.keys(row.fields ?? {}))}`);
    if (content !== undefined) assign(fields, field, content);
  }
  if (row.count) fields[row.count] = elementsOf(row, value);
  return writeStruct(layout, fields as never);
}

function elementsOf(row: OptionRow, value: unknown): number {
  if (row.value) return (value as { length: number }).length;
  const list = Object.entries(row.fields ?? {}).find(([, [, kind]]) => kind === 'bytes' || kind in ELEMENTS)?.[0];
  return ((value as Fields)[list ?? ''] as { length: number } | undefined)?.length ?? 0;
}

/** The fields for the association and the path. Without a path the address is 0.0.0.0: a zeroed one has no family. */
function scoped(layout: Layout, { associationId, path }: Scope): Fields {
  const fields: Fields = {};
  for (const [name, field] of Object.entries(layout.fields)) {
    if (field.type === 'struct') fields[name] = scoped(field, { associationId });
    else if (name.endsWith('assoc_id') && field.type === 'u32') fields[name] = associationId;
    else if (field.type === 'bytes' && field.length === sockaddr_storage.size) {
      fields[name] = packStorage({ address: path ?? '0.0.0.0', port: 0 });
    }
  }
  return fields;
}

function merge(fields: Fields, others: Fields): void {
  for (const [name, value] of Object.entries(others)) {
    const old = fields[name];
    if (isFields(value) && isFields(old)) merge(old, value);
    else fields[name] = value;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !isBytes(value);
}

function assign(fields: Fields, field: FieldRow | undefined, value: unknown): void {
  if (!field) return;
  const [path, kind, on, off] = field;
  const names = path.split('.');
  const last = names.pop() ?? '';
  let at = fields;
  for (const name of names) {
    at[name] ??= {};
    at = at[name] as Fields;
  }
  const flags = Number(at[last] ?? 0);
  if (kind === 'switch') at[last] = (flags & ~(bit(on) | bit(off))) | (plainBoolean(value) ? bit(on) : bit(off));
  else if (kind === 'flag') at[last] = plainBoolean(value) ? flags | bit(on) : flags & ~bit(on);
  else at[last] = plain(value, kind);
  if (kind === 'number' && on) at[PATH_FLAGS] = Number(at[PATH_FLAGS] ?? 0) | bit(on);
}

function fieldValue(fields: Fields, [path, kind, on]: FieldRow, count: string | undefined): unknown {
  let value: unknown = fields;
  for (const name of path.split('.')) value = (value as Fields)[name];
  if (kind === 'switch' || kind === 'flag') return (Number(value) & bit(on)) !== 0;
  if (!(kind in ELEMENTS)) return friendly(value, kind);
  const Elements = ELEMENTS[kind as keyof typeof ELEMENTS];
  const bytes = (value as Uint8Array).slice();
  const length = Math.min(Number(fields[count ?? ''] ?? 0), Math.floor(bytes.length / Elements.BYTES_PER_ELEMENT));
  return Array.from(new Elements(bytes.buffer, 0, length));
}

function friendly(value: unknown, kind: keyof Kinds): unknown {
  const names = NAMES[kind];
  if (names) return names[value as number] ?? value;
  if (kind === 'boolean') return value !== 0;
  if (kind === 'count') return Number(value);
  if (kind === 'port') return htons(value as number);
  if (kind === 'ppid') return htonl(value as number);
  if (kind === 'address') return unpackSockaddr(value as Uint8Array)?.address;
  return value;
}

/** Throws TypeError if the value isn't of the kind. */
function plain(value: unknown, kind: keyof Kinds): unknown {
  const names = NAMES[kind];
  if (names) return indexOf(names, value);
  if (kind === 'boolean') return plainBoolean(value) ? 1 : 0;
  if (kind === 'port') return htons(whole(value, 0xffff));
  if (kind === 'ppid') return htonl(whole(value, 0xffff_ffff));
  if (kind === 'seconds') return whole(value, MOST_SECONDS);
  if (kind === 'address') return packStorage({ address: value as string, port: 0 });
  if (kind in ELEMENTS) {
    if (!Array.isArray(value)) throw new TypeError(`the value is an array of numbers, not ${shown(value)}`);
    const Elements = ELEMENTS[kind as keyof typeof ELEMENTS];
    const most = 2 ** (8 * Elements.BYTES_PER_ELEMENT) - 1;
    return new Uint8Array(new Elements(value.map((each) => whole(each, most))).buffer);
  }
  if (kind === 'bytes' && !isBytes(value)) throw new TypeError('the value is a Uint8Array');
  return kind === 'number' ? whole(value) : value;
}

/** Encodes an option that is a C int. None of them may be negative. */
function plainInt(row: OptionRow, value: unknown): unknown {
  const number = plain(value, row.value?.[1] ?? 'number');
  return typeof number === 'number' ? whole(number, MOST_INT) : number;
}

function indexOf(names: readonly string[], value: unknown): number {
  const index = names.indexOf(value as string);
  if (index < 0) throw new TypeError(`the value is one of ${names.join(', ')}, not ${shown(value)}`);
  return index;
}

function plainBoolean(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new TypeError(`the value is true or false, not ${shown(value)}`);
  return value;
}

/** `most`: the largest value; without it, writing the struct checks the range. */
function whole(value: unknown, most?: number): number {
  const isWithin =
    Number.isInteger(value) && (most === undefined || ((value as number) >= 0 && (value as number) <= most));
  if (isWithin) return value as number;
  const range = most === undefined ? '' : ` from 0 to ${most}`;
  throw new TypeError(`the value is a whole number${range}, not ${shown(value)}`);
}

function bit(constant: string | undefined): number {
  return constantOf(constant ?? '');
}

function int(value: unknown): Uint8Array {
  return new Uint8Array(Int32Array.of(Number(value)).buffer);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** An answer may be shorter than the struct if its array is empty. */
function padded(view: DataView, layout: Layout): DataView {
  if (view.byteLength >= layout.size) return view;
  const bytes = new Uint8Array(layout.size);
  bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return viewOf(bytes);
}
