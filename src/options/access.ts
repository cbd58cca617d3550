import { canonicalEnd } from '../address.js';
import { checkObject, quoted } from '../arguments.js';
import { SctpError } from '../errors.js';
import { suggestion } from '../nearest-name.js';
import { callError } from '../stack/socket/errors.js';
import type { ModuleSocket } from '../stack/socket/module-socket.js';
import { constantOf, decode, encode, layoutOf, question, type Scope } from './codec.js';
import { levelOf, type ReappliedOptions, write } from './reapplied.js';
import {
  type OptionInput,
  type OptionName,
  type OptionQuery,
  type OptionRow,
  type OptionValue,
  optionRow,
  options,
  type Place,
} from './table.js';

/** Which socket, or which of its associations, an option is read from and written to. */
export interface OptionTarget {
  readonly moduleSocket: ModuleSocket;
  /** 0: the socket, and its associations to come. */
  readonly associationId: number;
  /** The settings of a socket that are applied again when it gets a new module socket. */
  readonly reapplied?: ReappliedOptions;
}

/** The path that an option is about. Without it: all paths of the association. */
export interface OptionScope {
  /** One of the peer's addresses. */
  readonly path?: string;
}

/** Reads and writes the options of a socket or of an association. */
export class OptionAccess {
  readonly #target: () => OptionTarget;

  constructor(target: () => OptionTarget) {
    this.#target = target;
  }

  get<N extends OptionName>(name: N, ...query: QueryArguments<N>): OptionValue<N> {
    const row = rowOf(name, 'getOption');
    const target = this.#target();
    const given: OptionScope = query[0] ?? {};
    checkObject(given, 'the query', 'getOption');
    const scope = scopeOf(name, row.read, row.why, target, given, 'getOption');
    const elements = row.countedBy === undefined ? 0 : this.get(row.countedBy);
    return decode(row, read(target.moduleSocket, row, question(row, scope, given, elements))) as OptionValue<N>;
  }

  set<N extends OptionName>(name: N, value: OptionInput<N>, at: OptionScope = {}): void {
    const row = rowOf(name, 'setOption');
    checkObject(at, 'the path', 'setOption');
    const target = this.#target();
    const scope = scopeOf(name, row.write, row.why, target, at, 'setOption');
    const merges = row.fields !== undefined && row.read !== undefined && layoutOf(row) !== undefined;
    try {
      const before = merges ? read(target.moduleSocket, row, question(row, scope, Object(value))) : undefined;
      const bytes = encode(row, scope, value, before);
      write(target.moduleSocket, row, bytes);
      target.reapplied?.keep(row, bytes);
    } catch (error) {
      if (row.isSecret && !(error instanceof SctpError)) throw new TypeError(`setOption ${name}: ${row.isSecret}`);
      if (error instanceof RangeError) throw new TypeError(`setOption ${name}: ${error.message}`, { cause: error });
      throw error;
    }
  }
}

/** The arguments behind an option's name: a query, which some options need. */
export type QueryArguments<N extends OptionName> =
  unknown extends OptionQuery<N> ? [query?: OptionScope] : [query: OptionQuery<N> & OptionScope];

function rowOf(name: OptionName, syscall: string): OptionRow {
  const row = optionRow(name);
  if (!row)
    throw new SctpError(
      'ENOPROTOOPT',
      `${syscall}: there is no option ${quoted(name)}: ${suggestion(name, Object.keys(options))}`,
      { syscall },
    );
  return row;
}

function scopeOf(
  name: string,
  place: Place | undefined,
  why: string | undefined,
  { associationId }: OptionTarget,
  { path }: OptionScope,
  syscall: string,
): Scope {
  const here = associationId === 0 ? 'socket' : 'association';
  const problem =
    place === undefined
      ? `${syscall === 'getOption' ? 'it is write-only' : 'it is read-only'}: ${why}`
      : (place === 'socket' || place === 'association') && place !== here
        ? `it is an option of the ${place}`
        : path !== undefined && (place !== 'path' || here === 'socket')
          ? `it has no path ${here === 'socket' ? 'here: a socket has associations, which have paths' : ''}`
          : undefined;
  if (problem) throw new SctpError('EINVAL', `${syscall} ${name}: ${problem}`, { syscall });
  return { associationId, path: path === undefined ? undefined : canonicalEnd(path, syscall) };
}

function read(moduleSocket: ModuleSocket, row: OptionRow, argument: Uint8Array): Uint8Array {
  let answer: Uint8Array | number = 0;
  moduleSocket.call('getsockopt', (calls, handle) => {
    answer = calls.getsockopt(handle, levelOf(row), constantOf(row.constant), argument);
    return typeof answer === 'number' ? answer : 0;
  });
  if (typeof answer === 'number') throw callError('getsockopt', answer);
  return answer;
}
