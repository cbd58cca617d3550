import type { Pump } from '../stack/pump.js';
import type { FewSet } from './few.js';
import type { Attempts } from './setup/attempts.js';
import type { Socket } from './socket.js';

/** What sockets of one stack share. */
export interface World {
  readonly pump: Pump;
  readonly encapsulationPort: number | undefined;
  /** Those that have a socket of the module. The others hold nothing: whoever lets go of them is rid of them. */
  readonly sockets: FewSet<Socket>;
  /** The set-ups that are under way. */
  readonly attempts: Attempts;
  /** The stack is closed, or being closed. */
  isClosing: boolean;
}
