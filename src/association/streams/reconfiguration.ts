import { shown } from '../../arguments.js';
import { SctpError } from '../../errors.js';
import { SCTP_ENABLE_CHANGE_ASSOC_REQ, SCTP_ENABLE_RESET_STREAM_REQ } from '../../generated/constants.js';
import type { OptionAccess } from '../../options/access.js';
import type { Request } from './requests.js';

/** The most streams in one request (sctp_structs.h, SCTP_MAX_STREAMS_AT_ONCE_RESET). */
const AT_ONCE = 200;

/** Resets outgoing streams when the peer has received all that was sent on them. `all`: how many there are. */
export function resetOutgoing(options: OptionAccess, streams: readonly number[] | 'all', all: number): Request {
  return {
    syscall: 'resetStreams',
    ask() {
      for (const batch of batches(streams)) {
        options.set('resetStreams', { outgoing: true, streams: batch === 'all' ? [] : [...batch] });
      }
    },
    answered: untilAll('outgoing', streams, all),
  };
}

/** The peer resets its outgoing streams, each one when this end has received all that was sent on it. */
export function resetIncoming(options: OptionAccess, batch: readonly number[] | 'all', all: number): Request {
  const streams = batch === 'all' ? [] : [...batch];
  return {
    syscall: 'resetStreams',
    ask: () => options.set('resetStreams', { incoming: true, streams }),
    answered: untilAll('incoming', batch, all),
  };
}

export function resetAssociation(options: OptionAccess): Request {
  return {
    syscall: 'resetAssociation',
    ask: () => options.set('resetAssociation', true),
    answered: (answer) => (answer.type === 'associationReset' ? answer.outcome : undefined),
  };
}

/** `count` streams more than there are `now`. */
export function addStreams(
  options: OptionAccess,
  direction: 'outbound' | 'inbound',
  count: number,
  now: () => number,
): Request {
  let wanted = 0;
  return {
    syscall: 'addStreams',
    ask() {
      wanted = now() + count;
      options.set('addStreams', direction === 'outbound' ? { outbound: count } : { inbound: count });
    },
    answered(answer) {
      if (answer.type !== 'streamChange') return;
      return answer.outcome !== 'performed' || answer[direction] >= wanted ? answer.outcome : undefined;
    },
  };
}

/** Splits a list of streams that is too long for one request. */
export function batches(streams: readonly number[] | 'all'): (readonly number[] | 'all')[] {
  if (streams === 'all') return [streams];
  const count = Math.ceil(streams.length / AT_ONCE);
  return Array.from({ length: count }, (_, index) => streams.slice(index * AT_ONCE, (index + 1) * AT_ONCE));
}

/** Checks a caller's list of streams and removes duplicates. `all`: how many streams there are. */
export function checkStreams(streams: readonly number[] | 'all', all: number, what: string): readonly number[] | 'all' {
  if (streams === 'all') return streams;
  if (!Array.isArray(streams)) throw invalid(`${what} must be an array of streams, or 'all'`);
  for (const stream of streams as unknown[]) {
    if (Number.isInteger(stream) && (stream as number) >= 0 && (stream as number) < all) continue;
    throw invalid(`${what}: a stream is 0 to ${all - 1}, not ${shown(stream)}`);
  }
  return [...new Set(streams)];
}

/**
 * The peer resets and adds streams by requests of its own (RFC 6525 §5.2), which this end must grant. If it doesn't,
 * there is no use in asking the peer.
 */
export function checkGrant(grants: number, what: 'streams' | 'association', syscall: string): void {
  const needed = what === 'streams' ? SCTP_ENABLE_RESET_STREAM_REQ : SCTP_ENABLE_CHANGE_ASSOC_REQ;
  if (grants & needed) return;
  const advice = `this end would deny the peer's own request: set the socket's peerMayReset to '${what}'`;
  throw new SctpError('EPERM', `${syscall}: ${advice}`, { syscall });
}

function untilAll(
  direction: 'incoming' | 'outgoing',
  streams: readonly number[] | 'all',
  all: number,
): Request['answered'] {
  const left = new Set(streams === 'all' ? Array.from({ length: all }, (_, stream) => stream) : streams);
  return (answer) => {
    if (answer.type !== 'streamReset' || answer.direction !== direction) return;
    const concerned = answer.streams === 'all' ? [...left] : answer.streams.filter((stream) => left.has(stream));
    if (answer.outcome !== 'performed') return concerned.length > 0 ? answer.outcome : undefined;
    for (const stream of concerned) left.delete(stream);
    return left.size === 0 ? 'performed' : undefined;
  };
}

function invalid(message: string): SctpError {
  return new SctpError('EINVAL', `resetStreams: ${message}`, { syscall: 'resetStreams' });
}
