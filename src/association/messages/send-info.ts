import { checkOptions, isArrayBuffer, isBytes, shown } from '../../arguments.js';
import type { SendInfo } from '../../bridge/calls.js';
import { SctpError } from '../../errors.js';
import {
  SCTP_EOF,
  SCTP_EOR,
  SCTP_PR_SCTP_NONE,
  SCTP_PR_SCTP_RTX,
  SCTP_PR_SCTP_TTL,
  SCTP_SACK_IMMEDIATELY,
  SCTP_UNORDERED,
} from '../../generated/constants.js';
import { type Reliability, SEND_OPTIONS, type Sendable, type SendOptions } from './send-options.js';

const encoder = new TextEncoder();

/**
 * The bytes of a message. Throws EINVAL for an empty message, because a DATA chunk must not be empty (RFC 9260 §3.3.1),
 * and EFAULT for a buffer that was transferred.
 */
export function bytesOf(data: Sendable): Uint8Array {
  const bytes = typeof data === 'string' ? encoder.encode(data) : data;
  if (!isBytes(bytes) && !isArrayBuffer(bytes)) {
    throw new TypeError('send: data must be a Uint8Array, an ArrayBuffer or a string');
  }
  if (bytes.byteLength > 0) return isBytes(bytes) ? bytes : new Uint8Array(bytes);
  if (isDetached(isBytes(bytes) ? bytes.buffer : bytes)) throw detached();
  throw invalid('SCTP has no empty messages');
}

/** The error for a message whose buffer was transferred, perhaps to a worker. */
export function detached(): SctpError {
  return new SctpError('EFAULT', 'send: the buffer of the data is detached', { syscall: 'send' });
}

/** Checks the options and converts them for usrsctp. */
export function sendInfo(associationId: number, outboundStreams: number, options: SendOptions): SendInfo {
  checkOptions(options, SEND_OPTIONS, 'send');
  const { stream = 0, ppid = 0, unordered = false, context = 0, sackImmediately = false, reliability } = options;
  if (!isUint(stream, 0xffff) || stream >= outboundStreams) {
    throw invalid(`stream must be 0 to ${outboundStreams - 1}, not ${shown(stream)}`);
  }
  if (!isUint(ppid, 0xffffffff)) throw invalid(`ppid must be a 32-bit number, not ${shown(ppid)}`);
  if (!isUint(context, 0xffffffff)) throw invalid(`context must be a 32-bit number, not ${shown(context)}`);
  const flags = SCTP_EOR | (unordered ? SCTP_UNORDERED : 0) | (sackImmediately ? SCTP_SACK_IMMEDIATELY : 0);
  const prPolicy = policyOf(reliability);
  const prValue = prPolicy === SCTP_PR_SCTP_NONE ? 0 : policyValue(reliability);
  return { associationId, stream, flags, ppid, context, prPolicy, prValue };
}

/** The info that shuts an association down. */
export function shutdownInfo(associationId: number): SendInfo {
  return { associationId, stream: 0, flags: SCTP_EOF, ppid: 0, context: 0, prPolicy: SCTP_PR_SCTP_NONE, prValue: 0 };
}

/**
 * The priority of a message; 0, the highest, without a priority policy. usrsctp isn't told of it: when its
 * SCTP_PR_SCTP_BUF gives up a message that hasn't been sent, the message stays in its queue without data, and building
 * the next packet never ends (sctp_output.c, sctp_prune_prsctp and sctp_med_chunk_output).
 */
export function priorityOf({ reliability }: SendOptions): number {
  return reliability !== undefined && 'priority' in reliability ? policyValue(reliability) : 0;
}

function policyOf(reliability: Reliability | undefined): number {
  if (reliability === undefined) return SCTP_PR_SCTP_NONE;
  if (typeof reliability !== 'object' || reliability === null || Object.keys(reliability).length !== 1) {
    throw invalid('reliability must be one of { lifetimeMs }, { retransmits }, { priority }');
  }
  if ('lifetimeMs' in reliability) return SCTP_PR_SCTP_TTL;
  if ('retransmits' in reliability) return SCTP_PR_SCTP_RTX;
  if ('priority' in reliability) return SCTP_PR_SCTP_NONE;
  throw invalid(`there is no reliability policy '${Object.keys(reliability)[0]}'`);
}

function policyValue(reliability: Reliability | undefined): number {
  const [name = '', value] = Object.entries(reliability ?? {})[0] ?? [];
  const least = name === 'lifetimeMs' ? 1 : 0;
  if (isUint(value, 0x7fffffff) && value >= least) return value;
  throw invalid(`${name} must be a whole number from ${least} to 2147483647, not ${shown(value)}`);
}

function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

function isUint(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

function invalid(message: string): SctpError {
  return new SctpError('EINVAL', `send: ${message}`, { syscall: 'send' });
}
