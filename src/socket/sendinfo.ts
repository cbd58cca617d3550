import type { SendInfo } from '../bridge/calls.js';
import { SctpError } from '../errors.js';
import {
  SCTP_EOR,
  SCTP_PR_SCTP_BUF,
  SCTP_PR_SCTP_NONE,
  SCTP_PR_SCTP_RTX,
  SCTP_PR_SCTP_TTL,
  SCTP_SACK_IMMEDIATELY,
  SCTP_UNORDERED,
} from '../generated/constants.js';
import type { Reliability, Sendable, SendOptions } from './message.js';

/** The bytes of what a caller sends. An empty message is EINVAL: a DATA chunk must carry something (RFC 9260 §3.3.1). */
export function bytesOf(data: Sendable): Uint8Array {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : viewOf(data);
  if (bytes.length === 0) throw new SctpError('EINVAL', 'send: SCTP has no empty messages', { syscall: 'send' });
  return bytes;
}

/** What the options say, checked. */
export function sendInfo(associationId: number, outboundStreams: number, options: SendOptions): SendInfo {
  const { stream = 0, ppid = 0, unordered = false, context = 0, sackImmediately = false, reliability } = options;
  if (!isUint(stream, 0xffff) || stream >= outboundStreams) {
    throw invalid(`stream must be 0 to ${outboundStreams - 1}, not ${String(stream)}`);
  }
  if (!isUint(ppid, 0xffffffff)) throw invalid(`ppid must be a 32-bit number, not ${String(ppid)}`);
  if (!isUint(context, 0xffffffff)) throw invalid(`context must be a 32-bit number, not ${String(context)}`);
  const flags = SCTP_EOR | (unordered ? SCTP_UNORDERED : 0) | (sackImmediately ? SCTP_SACK_IMMEDIATELY : 0);
  return { associationId, stream, flags, ppid, context, ...policyOf(reliability) };
}

function policyOf(reliability: Reliability | undefined): Pick<SendInfo, 'prPolicy' | 'prValue'> {
  if (reliability === undefined) return { prPolicy: SCTP_PR_SCTP_NONE, prValue: 0 };
  if (typeof reliability !== 'object' || reliability === null || Object.keys(reliability).length !== 1) {
    throw invalid('reliability must be one of { lifetimeMs }, { retransmits }, { priority }');
  }
  if ('lifetimeMs' in reliability) return policy(SCTP_PR_SCTP_TTL, 'lifetimeMs', reliability.lifetimeMs, 1);
  if ('retransmits' in reliability) return policy(SCTP_PR_SCTP_RTX, 'retransmits', reliability.retransmits, 0);
  if ('priority' in reliability) return policy(SCTP_PR_SCTP_BUF, 'priority', reliability.priority, 0);
  throw invalid(`there is no reliability policy '${Object.keys(reliability)[0]}'`);
}

function policy(
  prPolicy: number,
  name: string,
  prValue: number,
  least: number,
): Pick<SendInfo, 'prPolicy' | 'prValue'> {
  if (!isUint(prValue, 0xffffffff) || prValue < least) throw invalid(`${name} must be a whole number from ${least} on`);
  return { prPolicy, prValue };
}

function viewOf(data: Uint8Array | ArrayBuffer): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (!(data instanceof Uint8Array)) throw new TypeError('send: data must be a Uint8Array, an ArrayBuffer or a string');
  return data;
}

function isUint(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

function invalid(message: string): SctpError {
  return new SctpError('EINVAL', `send: ${message}`, { syscall: 'send' });
}
