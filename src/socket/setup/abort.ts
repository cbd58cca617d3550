import type { Handle } from '../../bridge/instance.js';
import { SctpError } from '../../errors.js';
import { SCTP_ABORT } from '../../generated/constants.js';
import type { Descriptor } from '../descriptor.js';
import { controlInfo } from '../messages/sendinfo.js';

/** A peer that is usrsctp tells no more than this of an ABORT (SCTP_CHUNK_BUFFER_SIZE, without headers). */
const REASON_BYTES = 504;

/** Ends an association of the module at once, in whatever state it is; harmless when it has ended already. */
export function abortAssociation(descriptor: Descriptor, id: number, reason: string): void {
  try {
    descriptor.send(cut(reason), controlInfo(id, SCTP_ABORT));
  } catch (error) {
    if (!(error instanceof SctpError)) throw error;
    if (error.code === 'EINVAL') abandon(descriptor, id);
  }
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
