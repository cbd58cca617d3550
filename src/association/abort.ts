import { SctpError } from '../errors.js';
import type { ModuleSocket } from '../stack/socket/module-socket.js';

/** A peer that is usrsctp tells no more than this of an ABORT (SCTP_CHUNK_BUFFER_SIZE, without headers). */
const REASON_BYTES = 504;

/** Ends an association of the module at once, in whatever state it is; harmless when it has ended already. */
export function abortAssociation(moduleSocket: ModuleSocket, id: number, reason: string = ''): void {
  try {
    moduleSocket.call('abort', (calls, handle) => calls.abort(handle, id, cut(reason)));
  } catch (error) {
    if (!(error instanceof SctpError)) throw error;
  }
}

function cut(reason: string): Uint8Array {
  const bytes = new Uint8Array(REASON_BYTES);
  return bytes.subarray(0, new TextEncoder().encodeInto(reason, bytes).written);
}
