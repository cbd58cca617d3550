import type { Address, Endpoint } from '../../address.js';
import type { AssociationState } from '../../bridge/association.js';
import type { Calls, SendInfo } from '../../bridge/calls.js';
import type { Handle, Instance } from '../../bridge/instance.js';
import { type Layout, readStruct, type StructInput, type StructValue, writeStruct } from '../../bridge/struct.js';
import { SctpError, type SctpErrorDetails } from '../../errors.js';
import { IPPROTO_SCTP } from '../../generated/constants.js';
import { errnoNumbers } from '../../generated/errno.js';
import type { Listener, Pump } from '../pump.js';
import { callError, checked } from './errors.js';
import type { Message } from './message.js';
import type { Notification } from './notification.js';
import { SocketReader } from './reader.js';

/** What a module socket reads is given to its owner. */
export interface Owner {
  /** Bytes of messages that may be read now. What isn't read stays in usrsctp and closes the receive window. */
  room(): number;
  /** Ids of associations of which nothing may be read now; undefined: there are none. */
  readonly held: Uint32Array<ArrayBuffer> | undefined;
  message(associationId: number, message: Message): void;
  notification(notification: Notification): void;
  /** So many bytes are here of an association's messages that aren't complete. */
  begun(associationId: number, bytes: number): void;
  /** A message grew beyond the limit; its association can't go on. */
  oversized(associationId: number): void;
  /** Everything that could be read is read; there may be room to send, or a connection to accept. */
  ready(): void;
  /** What was read of an association could not be told: it can't go on. */
  failed(associationId: number, error: unknown): void;
  fail(error: SctpError): void;
}

const EAGAIN = -errnoNumbers.EAGAIN;

/** A socket of the module: its handle, its calls with their errors, and the loop that reads it. */
export class ModuleSocket implements Listener {
  readonly #pump: Pump;
  readonly #handle: Handle;
  readonly #owner: Owner;
  readonly #reading: SocketReader;
  #open = true;

  constructor(pump: Pump, handle: number, owner: Owner, maxMessageBytes: number) {
    this.#pump = pump;
    this.#handle = handle as Handle;
    this.#owner = owner;
    this.#reading = new SocketReader(pump, this.#handle, owner, maxMessageBytes);
    pump.attach(this.#handle, this);
  }

  /** Calls into the module with this socket's handle; a negative result becomes an error. */
  call(syscall: string, call: (calls: Calls, handle: Handle) => number, details?: SctpErrorDetails): number {
    return checked(syscall, this.#enter(syscall, call), details);
  }

  /** Like `call`, for what answers with endpoints. */
  endpoints(syscall: string, call: (calls: Calls, handle: Handle) => Endpoint[] | number): Endpoint[] {
    const answer = this.#enter(syscall, call);
    if (typeof answer === 'number') throw callError(syscall, answer);
    return answer;
  }

  /** Like `call`, for what answers with a struct. */
  ask<T>(syscall: string, call: (instance: Instance, handle: Handle) => T | number): T {
    const answer = this.#enter(syscall, (_, handle) => call(this.#pump.instance, handle));
    if (typeof answer === 'number') throw callError(syscall, answer);
    return answer;
  }

  /** What usrsctp tells of an association and its paths; undefined: it has ended. */
  association(id: number): AssociationState | undefined {
    if (!this.#open) return undefined;
    const state = this.#pump.enter(() => this.#pump.calls.association(this.#handle, id));
    return typeof state === 'number' ? undefined : state;
  }

  /** The local address that talks to a destination. */
  sourceTo(destination: Address): Address | undefined {
    return this.#pump.interfaces.source(destination);
  }

  /** Sends what fits: the number of bytes taken, or undefined when there is no room now. */
  send(data: Uint8Array, info: SendInfo): number | undefined {
    const taken = this.#enter('send', (calls, handle) => calls.sendv(handle, data, info));
    return taken === EAGAIN ? undefined : checked('send', taken);
  }

  /** The handle of an association that waits to be accepted, or undefined. */
  accept(): number | undefined {
    const handle = this.#enter('accept', (calls, own) => calls.accept(own));
    return handle === EAGAIN ? undefined : checked('accept', handle);
  }

  setOption(name: number, value: Uint8Array, level: number = IPPROTO_SCTP): void {
    this.call('setsockopt', (calls, handle) => calls.setsockopt(handle, level, name, value));
  }

  /** Sets several, as `settingsOf` has them: as far as the first that is refused. */
  setOptions(options: Uint8Array): void {
    this.call('setsockopt', (calls, handle) => calls.setsockopts(handle, options));
  }

  setStruct<const L extends Layout>(name: number, layout: L, value: StructInput<L>): void {
    this.setOption(name, writeStruct(layout, value));
  }

  /** Reads an option; fields of `value` that the option looks at, such as an association id, are given to it. */
  struct<const L extends Layout>(name: number, layout: L, value: StructInput<L>): StructValue<L> {
    const argument = writeStruct(layout, value);
    const answer = this.#enter('getsockopt', (calls, handle) => calls.getsockopt(handle, IPPROTO_SCTP, name, argument));
    if (typeof answer === 'number') throw callError('getsockopt', answer);
    return readStruct(layout, new DataView(answer.buffer), 0, answer.length);
  }

  ready(): void {
    this.#reading.run();
    if (this.#open) this.#owner.ready();
  }

  fail(error: SctpError): void {
    this.#open = false;
    this.#reading.end();
    this.#owner.fail(error);
  }

  /** The owner has room again: reads until there is nothing more or the owner has enough. */
  read(): void {
    this.#reading.again();
  }

  /** Takes over what another module socket has read of an association. */
  adopt(associationId: number, from: ModuleSocket): void {
    this.#reading.adopt(associationId, from.#reading);
  }

  /** Closes the socket; what it still has to send is sent. Unread messages abort its associations. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#reading.end();
    this.#pump.detach(this.#handle);
    if (!this.#pump.death) this.#pump.enter(() => this.#pump.calls.close(this.#handle));
  }

  #enter<T>(syscall: string, call: (calls: Calls, handle: Handle) => T): T {
    if (!this.#open) throw this.#pump.death ?? new SctpError('EBADF', `${syscall}: the socket is closed`, { syscall });
    return this.#pump.enter(() => call(this.#pump.calls, this.#handle));
  }
}
