import { SctpError } from '../errors.js';

/** The exceptions of W3C's RTCDataChannel are DOMExceptions with these names. */
type Name = 'InvalidStateError' | 'OperationError';

export function domException(name: Name, message: string): DOMException {
  return new DOMException(message, name);
}

/** The peer has broken the protocol. */
export function protocolError(problem: string): SctpError {
  return new SctpError('EPROTO', `the peer broke the protocol of data channels: ${problem}`);
}

/** Any reason as an SctpError. */
export function asSctpError(reason: unknown, what: string): SctpError {
  if (reason instanceof SctpError) return reason;
  return new SctpError('EPROTO', `${what}: ${reason instanceof Error ? reason.message : String(reason)}`, {
    cause: reason,
  });
}

/** The error of a channel whose peer has restarted. */
export function restarted(): SctpError {
  return new SctpError('ECONNRESET', 'the peer has restarted, and knows nothing of the channel');
}
