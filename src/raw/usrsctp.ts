import type { Pump } from '../stack/pump.js';
import { type AssociationCalls, associationCalls } from './associations.js';
import type { SocketCallbacks } from './callbacks.js';
import { type ConnCalls, type ConnOutput, connCalls } from './conn.js';
import { Core } from './core.js';
import { type EventCalls, eventCalls } from './events.js';
import type { SocketHandle } from './handle.js';
import { type InstanceCalls, instanceCalls } from './instance.js';
import { type MessageCalls, messageCalls } from './messages.js';
import { type OptionCalls, optionCalls } from './options.js';
import { type SocketCalls, socketCalls } from './sockets.js';
import { type SysctlCalls, sysctlCalls } from './sysctls.js';

/** The functions that usrsctp.h declares, but for those of sysctls. */
export interface UsrsctpCalls
  extends InstanceCalls,
    SocketCalls,
    EventCalls,
    AssociationCalls,
    MessageCalls,
    OptionCalls,
    ConnCalls {}

/** usrsctp's public functions under their own names. C's `errno` is the property `errno`. */
export type Usrsctp = UsrsctpCalls & SysctlCalls;

/** All functions as one object. Those of the instance come first, since Object.assign keeps the getters of its target only. */
export function usrsctpCalls(pump: Pump, connOutput: ConnOutput | undefined): Usrsctp {
  const core = new Core(pump);
  const sockets = new Map<SocketHandle, SocketCallbacks>();
  return Object.assign(
    instanceCalls(core),
    socketCalls(core, sockets),
    eventCalls(core, sockets),
    associationCalls(core),
    messageCalls(core, sockets),
    optionCalls(core),
    connCalls(core, connOutput),
    sysctlCalls(core),
  );
}
