import { canonicalEnd } from '../address.js';
import { checkObject, shown } from '../arguments.js';
import { SctpError } from '../errors.js';
import { Emitter } from '../event-listeners.js';
import { callError } from '../stack/socket/errors.js';
import type { ModuleSocket } from '../stack/socket/module-socket.js';
import { Authentication } from './authentication.js';
import { constantOf, decode, encode, layoutOf, question, type Scope } from './codec.js';
import { levelOf, type ReappliedOptions, write } from './reapplied.js';
import {
  type OptionInput,
  type OptionName,
  type OptionQuery,
  type OptionRow,
  type OptionValue,
  optionRow,
  type Place,
} from './table.js';

/** Whose options are read and written. */
export interface OptionTarget {
  readonly moduleSocket: ModuleSocket;
  /** 0: the socket, and the associations that it will have. */
  readonly associationId: number;
  /** Where settings of a socket are kept that must be made again when it gets a new module socket. */
  readonly kept?: ReappliedOptions;
}

/** Which path an option is about; without it, all of the association's. */
export interface OptionScope {
  /** One of the peer's addresses. */
  readonly path?: string;
}

/** What has options: a socket or an association. */
export abstract class Configurable<Events extends object> extends Emitter<Events> {
  #authentication: Authentication | undefined;

  /** Its keys, and the chunks that come authenticated (RFC 4895). */
  get authentication(): Authentication {
    this.#authentication ??= new Authentication(this);
    return this.#authentication;
  }

  /** @internal */
  protected abstract optionTarget(): OptionTarget;

  /**
   * An option's value. `query` says of what, where there are several: `{ stream }`, `{ path }` for one of an
   * association's paths. Throws EINVAL for an option that can't be read here, and what usrsctp says.
   */
  getOption<N extends OptionName>(name: N, ...query: QueryArguments<N>): OptionValue<N> {
    const row = rowOf(name, 'getOption');
    const target = this.optionTarget();
    const given: OptionScope = query[0] ?? {};
    checkObject(given, 'the query', 'getOption');
    const scope = scopeOf(name, row.read, row.why, target, given, 'getOption');
    const elements = row.countedBy === undefined ? 0 : this.getOption(row.countedBy);
    return decode(row, read(target.moduleSocket, row, question(row, scope, given, elements))) as OptionValue<N>;
  }

  /**
   * Sets an option. Fields that are left out stay as they are. `path`: one of an association's paths. Throws EINVAL for
   * an option that can't be set here, TypeError for a value of another type, and what usrsctp says.
   */
  setOption<N extends OptionName>(name: N, value: OptionInput<N>, at: OptionScope = {}): void {
    const row = rowOf(name, 'setOption');
    checkObject(at, 'the path', 'setOption');
    const target = this.optionTarget();
    const scope = scopeOf(name, row.write, row.why, target, at, 'setOption');
    const merges = row.fields !== undefined && row.read !== undefined && layoutOf(row) !== undefined;
    try {
      const before = merges ? read(target.moduleSocket, row, question(row, scope, Object(value))) : undefined;
      const bytes = encode(row, scope, value, before);
      write(target.moduleSocket, row, bytes);
      target.kept?.keep(row, bytes);
    } catch (error) {
      if (row.isSecret && !(error instanceof SctpError)) throw new TypeError(`setOption ${name}: ${row.isSecret}`);
      if (error instanceof RangeError) throw new TypeError(`setOption ${name}: ${error.message}`, { cause: error });
      throw error;
    }
  }
}

type QueryArguments<N extends OptionName> =
  unknown extends OptionQuery<N> ? [query?: OptionScope] : [query: OptionQuery<N> & OptionScope];

function rowOf(name: OptionName, syscall: string): OptionRow {
  const row = optionRow(name);
  if (!row) throw new SctpError('ENOPROTOOPT', `${syscall}: there is no option '${shown(name)}'`, { syscall });
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
