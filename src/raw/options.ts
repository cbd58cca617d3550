import { isBytes } from '../arguments.js';
import { int } from '../bridge/allocate.js';
import { errnoName } from '../bridge/calls.js';
import { isFlexible, type OptionType } from '../bridge/option-types.js';
import { IPPROTO_SCTP, SO_ERROR, SOL_SOCKET } from '../generated/constants.js';
import { integer } from './arguments.js';
import type { Core } from './core.js';
import type { ErrnoName } from './errno.js';
import { handleOf, type SocketArgument, type SocketHandle } from './handle.js';
import { decode, encode, type OptionInput, type OptionValue, optionType } from './value.js';

/** Room for an answer whose struct ends with a flexible array. */
const FLEXIBLE_BYTES = 4096;

/** What usrsctp_getsockopt() returns unless it is given bytes: SO_ERROR is the name of the error, or 0. */
export type Answer<Level extends number, Name extends number> = Level extends typeof SOL_SOCKET
  ? Name extends typeof SO_ERROR
    ? ErrnoName | 0
    : OptionValue<Level, Name>
  : OptionValue<Level, Name>;

/** Socket options of the levels IPPROTO_SCTP and SOL_SOCKET (SO_RCVBUF, SO_SNDBUF, SO_LINGER, SO_ERROR). */
export interface OptionCalls {
  /**
   * Sets an option: to bytes in C layout, to a number where C has an `int`, or to an object with the fields of the C
   * struct, where those left out are 0. Returns 0 or -1: EINVAL, ENOPROTOOPT, or an error of that option.
   */
  usrsctp_setsockopt<const Level extends number, const Name extends number>(
    so: SocketArgument,
    level: Level,
    option_name: Name,
    option_value: Uint8Array | OptionInput<Level, Name>,
  ): number;

  /** The value of an option as bytes in C layout, or -1. C reads and overwrites a copy of `argument`, which is returned. */
  usrsctp_getsockopt(so: SocketArgument, level: number, option_name: number, argument: Uint8Array): Uint8Array | -1;
  /**
   * The value of an option as a number where C has an `int`, or else as an object; or -1, which no option has as its
   * value. SO_ERROR is the name of the error, or 0, and reading it clears it.
   */
  usrsctp_getsockopt<const Level extends number, const Name extends number>(
    so: SocketArgument,
    level: Level,
    option_name: Name,
    argument?: OptionInput<Level, Name>,
  ): Answer<Level, Name> | -1;

  /** usrsctp_getsockopt() of level IPPROTO_SCTP, which puts the association id into its place in the argument. */
  usrsctp_opt_info(so: SocketArgument, id: number, opt: number, argument: Uint8Array): Uint8Array | -1;
  /** The same, where the argument and the value are a number or an object. */
  usrsctp_opt_info<const Name extends number>(
    so: SocketArgument,
    id: number,
    opt: Name,
    argument?: OptionInput<typeof IPPROTO_SCTP, Name>,
  ): OptionValue<typeof IPPROTO_SCTP, Name> | -1;
}

export function optionCalls(core: Core): OptionCalls {
  const { calls } = core;

  const getsockopt = (so: SocketArgument, level: number, option_name: number, argument?: unknown): unknown => {
    const handle = handleOf(so);
    if (level === SOL_SOCKET && option_name === SO_ERROR) return takeError(core, handle, argument);
    const type = optionType(integer('level', level), integer('option_name', option_name));
    return read(core, type, argument, (value) => calls.getsockopt(handle, level, option_name, value));
  };

  const optInfo = (so: SocketArgument, id: number, opt: number, argument?: unknown): unknown => {
    const handle = handleOf(so);
    const type = optionType(IPPROTO_SCTP, integer('opt', opt));
    return read(core, type, argument, (value) => calls.optInfo(handle, integer('id', id), opt, value));
  };

  return {
    usrsctp_setsockopt(so, level, option_name, option_value) {
      const handle = handleOf(so);
      const type = optionType(integer('level', level), integer('option_name', option_name));
      return core.attempt(() => {
        const value = encode(type, option_value, core.sockaddrs);
        return core.result(() => calls.setsockopt(handle, level, option_name, value));
      });
    },

    usrsctp_getsockopt: getsockopt as OptionCalls['usrsctp_getsockopt'],
    usrsctp_opt_info: optInfo as OptionCalls['usrsctp_opt_info'],
  };
}

function read(core: Core, type: OptionType, argument: unknown, call: (value: Uint8Array) => number): unknown {
  return core.attempt(() => {
    const value = roomForAnswer(type, encode(type, argument ?? (type === 'int' ? 0 : {}), core.sockaddrs), argument);
    const length = core.result(() => call(value));
    if (length < 0) return -1;
    const answer = value.subarray(0, length);
    if (isBytes(argument)) return answer;
    if (type === 'int') return new DataView(answer.buffer, answer.byteOffset).getInt32(0, true);
    return decode(type, answer.length < type.size ? value.subarray(0, type.size) : answer, core.sockaddrs);
  });
}

function takeError(core: Core, handle: SocketHandle, argument: unknown): Uint8Array | ErrnoName | 0 | -1 {
  const number = core.result(() => core.calls.takeError(handle));
  if (number < 0) return -1;
  if (isBytes(argument)) return int(number);
  return number === 0 ? 0 : (errnoName(-number) as ErrnoName);
}

/** A copy of the argument, with room for the answer. */
function roomForAnswer(type: OptionType, encoded: Uint8Array, argument: unknown): Uint8Array {
  const grows = type !== 'int' && isFlexible(type) && !isBytes(argument);
  const bytes = new Uint8Array(grows ? FLEXIBLE_BYTES : encoded.length);
  bytes.set(encoded);
  return bytes;
}
