import type { FewSet } from '../few.js';
import type { Pump } from '../stack/pump.js';
import type { ConnectAttempts } from './connect/attempts.js';
import type { Socket } from './socket.js';

/** What sockets of one stack share. */
export interface StackContext {
  readonly pump: Pump;
  readonly encapsulationPort: number | undefined;
  /** Those that have a socket of the module. The others hold nothing: whoever lets go of them is rid of them. */
  readonly sockets: FewSet<Socket>;
  /** The set-ups that are under way. */
  readonly attempts: ConnectAttempts;
  /** The stack is closed, or being closed. */
  isClosing: boolean;
}
