import type { Handle } from '../../bridge/instance.js';
import { SctpError } from '../../errors.js';
import { SCTP_ABORT, SO_SNDBUF, SOL_SOCKET } from '../../generated/constants.js';
import { sysctls } from '../../generated/sysctls.js';
import type { Descriptor } from '../descriptor.js';
import { controlInfo } from '../messages/sendinfo.js';
import { int } from '../options/config.js';

/** A peer that is usrsctp tells no more than this of an ABORT (SCTP_CHUNK_BUFFER_SIZE, without headers). */
const REASON_BYTES = 504;
const CHUNKS_ON_QUEUE = sysctls.indexOf('sctp_max_chunks_on_queue');
const PLENTY = 2 ** 30;

/** Ends an association of the module at once, in whatever state it is; harmless when it has ended already. */
export function abortAssociation(descriptor: Descriptor, id: number, sendBufferBytes: number, reason: string): void {
  try {
    sendAbort(descriptor, id, sendBufferBytes, cut(reason));
  } catch (error) {
    if (!(error instanceof SctpError)) throw error;
    if (error.code === 'EINVAL') abandon(descriptor, id);
  }
}

/** usrsctp asks for room in the send buffer even for an ABORT; where messages fill it there is some for this moment. */
function sendAbort(descriptor: Descriptor, id: number, sendBufferBytes: number, reason: Uint8Array): void {
  const info = controlInfo(id, SCTP_ABORT);
  if (descriptor.send(reason, info) !== undefined) return;
  descriptor.call('abort', (calls, handle) => {
    const chunks = calls.sysctl(CHUNKS_ON_QUEUE);
    calls.setSysctl(CHUNKS_ON_QUEUE, PLENTY);
    calls.setsockopt(handle, SOL_SOCKET, SO_SNDBUF, int(PLENTY));
    const result = calls.sendv(handle, reason, info);
    calls.setsockopt(handle, SOL_SOCKET, SO_SNDBUF, int(sendBufferBytes));
    calls.setSysctl(CHUNKS_ON_QUEUE, chunks);
    return result;
  });
}

/** usrsctp doesn't abort what is being set up; it forgets it with its socket, and any association can have its own. */
export function abandon(descriptor: Descriptor, id: number): void {
  try {
    descriptor.call('peeloff', (calls, handle) => {
      const own = calls.peeloff(handle, id);
      return own < 0 ? own : calls.close(own as Handle);
    });
  } catch (error) {
    if (!(error instanceof SctpError)) throw error; // a one-to-one socket, which is closed next
  }
}

function cut(reason: string): Uint8Array {
  const bytes = new Uint8Array(REASON_BYTES);
  return bytes.subarray(0, new TextEncoder().encodeInto(reason, bytes).written);
}
