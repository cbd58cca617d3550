import type { Address, Endpoint } from '../../address.js';
import type { AssociationState } from '../../bridge/association.js';
import type { Calls, SendInfo } from '../../bridge/calls.js';
import type { Handle, Instance } from '../../bridge/instance.js';
import { type Layout, readStruct, type StructInput, type StructValue, writeStruct } from '../../bridge/struct.js';
import { SctpError, type SctpErrorDetails } from '../../errors.js';
import { IPPROTO_SCTP } from '../../generated/constants.js';
import { errnoNumbers } from '../../generated/errno.js';
import type { Pump, SocketListener } from '../pump.js';
import { callError, checked } from './errors.js';
import { type ReaderOwner, SocketReader } from './reader.js';

/** What a module socket tells its owner. */
export interface ModuleSocketOwner extends ReaderOwner {
  /** Everything that could be read has been read. There may be room to send, or an association to accept. */
  ready(): void;
  /** The stack has stopped: the socket can't be used any more. */
  fail(error: SctpError): void;
}

const EAGAIN = -errnoNumbers.EAGAIN;
/** A peer that is usrsctp reports no more than this of an ABORT (SCTP_CHUNK_BUFFER_SIZE without the headers). */
const ABORT_REASON_BYTES = 504;

/** A socket inside the module: its handle, the calls that take the handle, and the reader. */
export class ModuleSocket implements SocketListener {
  readonly #pump: Pump;
  readonly #handle: Handle;
  readonly #owner: ModuleSocketOwner;
  readonly #reader: SocketReader;
  #open = true;

  constructor(pump: Pump, handle: number, owner: ModuleSocketOwner, maxMessageBytes: number) {
    this.#pump = pump;
    this.#handle = handle as Handle;
    this.#owner = owner;
    this.#reader = new SocketReader(pump, this.#handle, owner, maxMessageBytes);
    pump.attach(this.#handle, this);
  }

  /** Calls the module with the handle of this socket. Throws the error of a negative result. */
  call(syscall: string, call: (calls: Calls, handle: Handle) => number, details?: SctpErrorDetails): number {
    return checked(syscall, this.#enter(syscall, call), details);
  }

  /** Like `call`, for functions that return endpoints. */
  endpoints(syscall: string, call: (calls: Calls, handle: Handle) => Endpoint[] | number): Endpoint[] {
    const answer = this.#enter(syscall, call);
    if (typeof answer === 'number') throw callError(syscall, answer);
    return answer;
  }

  /** Like `call`, for functions that return a struct. */
  ask<T>(syscall: string, call: (instance: Instance, handle: Handle) => T | number): T {
    const answer = this.#enter(syscall, (_, handle) => call(this.#pump.instance, handle));
    if (typeof answer === 'number') throw callError(syscall, answer);
    return answer;
  }

  /** The state of an association and its paths; undefined if usrsctp no longer knows it. */
  association(id: number): AssociationState | undefined {
    if (!this.#open) return undefined;
    const state = this.#pump.enter(() => this.#pump.calls.association(this.#handle, id));
    return typeof state === 'number' ? undefined : state;
  }

  /** Whether usrsctp still knows an association. */
  knows(id: number): boolean {
    return this.#open && this.#pump.enter(() => this.#pump.calls.knows(this.#handle, id));
  }

  /** The local address from which packets go to a destination. */
  sourceTo(destination: Address): Address | undefined {
    return this.#pump.interfaces.source(destination);
  }

  /** Sends as much as fits into the send buffer. Returns the number of bytes, or undefined if there is no room. */
  send(data: Uint8Array, info: SendInfo): number | undefined {
    const taken = this.#enter('send', (calls, handle) => calls.sendv(handle, data, info));
    return taken === EAGAIN ? undefined : checked('send', taken);
  }

  /** Aborts an association, whatever its state. Does nothing if it has ended. */
  abort(associationId: number, reason: string = ''): void {
    const bytes = new Uint8Array(ABORT_REASON_BYTES);
    const { written } = new TextEncoder().encodeInto(reason, bytes);
    try {
      this.call('abort', (calls, handle) => calls.abort(handle, associationId, bytes.subarray(0, written)));
    } catch (error) {
      if (!(error instanceof SctpError)) throw error;
    }
  }

  /** The handle of an association that waits to be accepted; undefined if there is none. */
  accept(): number | undefined {
    const handle = this.#enter('accept', (calls, own) => calls.accept(own));
    return handle === EAGAIN ? undefined : checked('accept', handle);
  }

  setOption(name: number, value: Uint8Array, level: number = IPPROTO_SCTP): void {
    this.call('setsockopt', (calls, handle) => calls.setsockopt(handle, level, name, value));
  }

  /** Sets several options (struct link_option, one after the other), up to the first one that usrsctp refuses. */
  setOptions(options: Uint8Array): void {
    this.call('setsockopt', (calls, handle) => calls.setsockopts(handle, options));
  }

  setStruct<const L extends Layout>(name: number, layout: L, value: StructInput<L>): void {
    this.setOption(name, writeStruct(layout, value));
  }

  /** Reads an option. `value` has the fields that the option needs to know, such as the association's id. */
  struct<const L extends Layout>(name: number, layout: L, value: StructInput<L>): StructValue<L> {
    const argument = writeStruct(layout, value);
    const answer = this.#enter('getsockopt', (calls, handle) => calls.getsockopt(handle, IPPROTO_SCTP, name, argument));
    if (typeof answer === 'number') throw callError('getsockopt', answer);
    return readStruct(layout, new DataView(answer.buffer), 0, answer.length);
  }

  ready(): void {
    this.#reader.run();
    if (this.#open) this.#owner.ready();
  }

  fail(error: SctpError): void {
    this.#open = false;
    this.#reader.end();
    this.#owner.fail(error);
  }

  /** Reads on, because the owner has room again. */
  read(): void {
    this.#reader.again();
  }

  /** Takes over what another module socket has read of an association and not delivered yet. */
  adopt(associationId: number, from: ModuleSocket): void {
    this.#reader.adopt(associationId, from.#reader);
  }

  /** Closes the socket; what it still has to send is sent. Unread messages abort its associations. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#reader.end();
    this.#pump.detach(this.#handle);
    if (!this.#pump.stopError) this.#pump.enter(() => this.#pump.calls.close(this.#handle));
  }

  #enter<T>(syscall: string, call: (calls: Calls, handle: Handle) => T): T {
    if (!this.#open)
      throw this.#pump.stopError ?? new SctpError('EBADF', `${syscall}: the socket is closed`, { syscall });
    return this.#pump.enter(() => call(this.#pump.calls, this.#handle));
  }
}
