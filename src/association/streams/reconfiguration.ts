import { shown } from '../../arguments.js';
import { SctpError } from '../../errors.js';
import { SCTP_ENABLE_CHANGE_ASSOC_REQ, SCTP_ENABLE_RESET_STREAM_REQ } from '../../generated/constants.js';
import type { Request } from './requests.js';

/** What of an association the requests use. No streams: all of them. */
export interface Asker {
  setOption(
    name: 'resetStreams',
    value: { outgoing: true; streams: number[] } | { incoming: true; streams: number[] },
  ): void;
  setOption(name: 'resetAssociation', value: true): void;
  setOption(name: 'addStreams', value: { outbound: number } | { inbound: number }): void;
}

/** usrsctp takes no more in one request (sctp_structs.h, SCTP_MAX_STREAMS_AT_ONCE_RESET). */
const AT_ONCE = 200;

/** The outgoing streams are reset when the peer has everything that was sent on them. `all`: how many there are. */
export function resetOutgoing(asker: Asker, streams: readonly number[] | 'all', all: number): Request {
  return {
    syscall: 'resetStreams',
    ask() {
      for (const batch of batches(streams)) {
        asker.setOption('resetStreams', { outgoing: true, streams: batch === 'all' ? [] : [...batch] });
      }
    },
    answered: untilAll('outgoing', streams, all),
  };
}

/** The peer answers by resetting its outgoing streams, each when this end has everything that was sent on it. */
export function resetIncoming(asker: Asker, batch: readonly number[] | 'all', all: number): Request {
  const streams = batch === 'all' ? [] : [...batch];
  return {
    syscall: 'resetStreams',
    ask: () => asker.setOption('resetStreams', { incoming: true, streams }),
    answered: untilAll('incoming', batch, all),
  };
}

export function resetAssociation(asker: Asker): Request {
  return {
    syscall: 'resetAssociation',
    ask: () => asker.setOption('resetAssociation', true),
    answered: (answer) => (answer.type === 'associationReset' ? answer.outcome : undefined),
  };
}

/** `count` streams more than there are `now`. */
export function addStreams(asker: Asker, direction: 'outbound' | 'inbound', count: number, now: () => number): Request {
  let wanted = 0;
  return {
    syscall: 'addStreams',
    ask() {
      wanted = now() + count;
      asker.setOption('addStreams', direction === 'outbound' ? { outbound: count } : { inbound: count });
    },
    answered(answer) {
      if (answer.type !== 'streamChange') return;
      return answer.outcome !== 'performed' || answer[direction] >= wanted ? answer.outcome : undefined;
    },
  };
}

/** A list that is too long goes in parts. */
export function batches(streams: readonly number[] | 'all'): (readonly number[] | 'all')[] {
  if (streams === 'all') return [streams];
  const count = Math.ceil(streams.length / AT_ONCE);
  return Array.from({ length: count }, (_, index) => streams.slice(index * AT_ONCE, (index + 1) * AT_ONCE));
}

/** Streams as a caller gave them, checked: each once. `all`: how many there are. */
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
 * What the peer resets or adds, asked or not, it asks of this end (RFC 6525 §5.2): without a grant here there is no use
 * in asking for it.
 */
export function checkGrant(grants: number, what: 'streams' | 'association', syscall: string): void {
  const needed = what === 'streams' ? SCTP_ENABLE_RESET_STREAM_REQ : SCTP_ENABLE_CHANGE_ASSOC_REQ;
  if (grants & needed) return;
  const cure = `the peer would be denied what it does then: see the socket's peerMayReset ('${what}')`;
  throw new SctpError('EPERM', `${syscall}: ${cure}`, { syscall });
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
