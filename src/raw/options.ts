import { isBytes } from '../arguments.js';
import { errnoName } from '../bridge/calls.js';
import { isFlexible, type OptionType } from '../bridge/option-types.js';
import { IPPROTO_SCTP, SO_ERROR, SOL_SOCKET } from '../generated/constants.js';
import { errnoNames } from '../generated/errno.js';
import { type ErrnoName, handleOf, integer, type SocketArgument } from './core.js';
import { Messages } from './messages.js';
import { decode, encode, type OptionInput, type OptionValue, optionType } from './value.js';

/** Room for an answer that ends with a flexible array. */
const FLEXIBLE_BYTES = 4096;

/** What usrsctp_getsockopt() answers when it is given no bytes: SO_ERROR is the name of the error, or 0. */
export type Answer<Level extends number, Name extends number> = Level extends typeof SOL_SOCKET
  ? Name extends typeof SO_ERROR
    ? ErrnoName | 0
    : OptionValue<Level, Name>
  : OptionValue<Level, Name>;

/** Socket options: levels IPPROTO_SCTP and SOL_SOCKET (SO_RCVBUF, SO_SNDBUF, SO_LINGER, SO_ERROR). */
export class Options extends Messages {
  /**
   * Sets an option, to bytes in C layout, to a number where C has an `int`, or to an object with the fields of the C
   * struct, of which those that are missing are 0. Returns 0 or -1: EINVAL, ENOPROTOOPT and what the option says.
   */
  usrsctp_setsockopt<const Level extends number, const Name extends number>(
    so: SocketArgument,
    level: Level,
    option_name: Name,
    option_value: Uint8Array | OptionInput<Level, Name>,
  ): number {
    const { core } = this;
    const handle = handleOf(so);
    const type = optionType(integer('level', level), integer('option_name', option_name));
    return core.attempt(() => {
      const value = encode(type, option_value, core.sockaddrs);
      return core.result(() => core.calls.setsockopt(handle, level, option_name, value));
    });
  }

  /**
   * An option's value, or -1. Given bytes, C reads and overwrites a copy of them, which is returned; given an object or
   * nothing, the answer is a number or an object. No option's value is -1. SO_ERROR is cleared by reading it.
   */
  usrsctp_getsockopt(so: SocketArgument, level: number, option_name: number, argument: Uint8Array): Uint8Array | -1;
  usrsctp_getsockopt<const Level extends number, const Name extends number>(
    so: SocketArgument,
    level: Level,
    option_name: Name,
    argument?: OptionInput<Level, Name>,
  ): Answer<Level, Name> | -1;
  usrsctp_getsockopt(so: SocketArgument, level: number, option_name: number, argument?: unknown): unknown {
    const { calls } = this.core;
    const handle = handleOf(so);
    if (level === SOL_SOCKET && option_name === SO_ERROR) return this.#takeError(handle, argument);
    const type = optionType(integer('level', level), integer('option_name', option_name));
    return this.#read(type, argument, (value) => calls.getsockopt(handle, level, option_name, value));
  }

  /** usrsctp_getsockopt() of level IPPROTO_SCTP, with the association id put into its place in the argument. */
  usrsctp_opt_info(so: SocketArgument, id: number, opt: number, argument: Uint8Array): Uint8Array | -1;
  usrsctp_opt_info<const Name extends number>(
    so: SocketArgument,
    id: number,
    opt: Name,
    argument?: OptionInput<typeof IPPROTO_SCTP, Name>,
  ): OptionValue<typeof IPPROTO_SCTP, Name> | -1;
  usrsctp_opt_info(so: SocketArgument, id: number, opt: number, argument?: unknown): unknown {
    const { calls } = this.core;
    const handle = handleOf(so);
    const type = optionType(IPPROTO_SCTP, integer('opt', opt));
    return this.#read(type, argument, (value) => calls.optInfo(handle, integer('id', id), opt, value));
  }

  #read(type: OptionType, argument: unknown, call: (value: Uint8Array) => number): unknown {
    const { core } = this;
    return core.attempt(() => {
      const value = room(type, encode(type, argument ?? (type === 'int' ? 0 : {}), core.sockaddrs), argument);
      const length = core.result(() => call(value));
      if (length < 0) return -1;
      const answer = value.subarray(0, length);
      if (isBytes(argument)) return answer;
      if (type === 'int') return new DataView(answer.buffer, answer.byteOffset).getInt32(0, true);
      return decode(type, answer.length < type.size ? value.subarray(0, type.size) : answer, core.sockaddrs);
    });
  }

  #takeError(handle: ReturnType<typeof handleOf>, argument: unknown): Uint8Array | ErrnoName | 0 | -1 {
    const number = this.core.result(() => this.core.calls.takeError(handle));
    if (number < 0) return -1;
    if (isBytes(argument)) return new Uint8Array(Int32Array.of(number).buffer);
    return number === 0 ? 0 : ((errnoNames[number] as ErrnoName | undefined) ?? (errnoName(-number) as ErrnoName));
  }
}

/** A copy of the argument that the answer fits into. */
function room(type: OptionType, encoded: Uint8Array, argument: unknown): Uint8Array {
  const grows = type !== 'int' && isFlexible(type) && !isBytes(argument);
  const bytes = new Uint8Array(grows ? FLEXIBLE_BYTES : encoded.length);
  bytes.set(encoded);
  return bytes;
}
