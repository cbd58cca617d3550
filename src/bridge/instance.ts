import type { Address } from '../address.js';
import { SctpError } from '../errors.js';
import type { WasmMemory, WasmModule } from '../lib-types.js';
import { Memory, type Pointer } from './memory.js';

/** A socket inside the module. It is no pointer: a stale handle fails with EBADF. */
export type Handle = number & { readonly handle: unique symbol };

/** What the module imports; `wasm/host.h` declares it in C. These functions must not call into the module. */
export interface Host {
  /** Fills the bytes with random values. */
  random(bytes: Uint8Array): void;
  /** The number of the interface that leads to a destination (0: none), its MTU, and a larger MTU worth probing (0: none). */
  route(destination: Address): { interface: number; mtu: number; probeMtu: number };
  /** An association has got a path to this address of the peer, or lost it. The ports are SCTP's. */
  path(address: Address, localPort: number, port: number, isAdded: boolean): void;
}

/** The exports of the module that we call. Numbers are int32 unless stated otherwise. */
export interface Exports {
  readonly memory: WasmMemory;
  _initialize(): void;
  malloc(bytes: number): Pointer;
  free(memory: Pointer): void;

  link_state(): Pointer;
  link_enter(nowMs: number): void;
  link_leave(): void;
  link_integrity(has: number): void;
  link_limit_by_paths(on: number): void;
  link_limit_associations(most: number, perAddress: number): void;
  link_share(index: number, of: number): void;
  link_limit_addresses(most: number): void;
  link_association_count(): number;
  bridge_ports(bits: Pointer): void;
  link_timers(): void;
  link_input(bytes: number): void;
  link_add_address(address: Pointer, family: number, index: number, dynamic: number): number;
  link_reroute(): void;
  link_returned(address: Pointer, family: number, index: number): void;
  link_packet_too_big(addresses: Pointer, family: number, header: Pointer, mtu: number): void;
  link_remove_address(address: Pointer, family: number, index: number): number;

  bridge_ready_taken(): void;
  bridge_init(udpPort: number): void;
  bridge_finish(): number;
  bridge_socket(domain: number, type: number, protocol: number): number;
  bridge_close(handle: Handle): number;
  bridge_shutdown(handle: Handle, how: number): number;
  bridge_bind(handle: Handle, address: Pointer, length: number): number;
  bridge_bindx(handle: Handle, addresses: Pointer, count: number, flags: number): number;
  bridge_listen(handle: Handle, backlog: number): number;
  bridge_accept(handle: Handle, address: Pointer, length: Pointer): number;
  bridge_peeloff(handle: Handle, id: number): number;
  bridge_connect(handle: Handle, address: Pointer, length: number): number;
  bridge_connectx(handle: Handle, addresses: Pointer, count: number, id: Pointer): number;
  bridge_getassocid(handle: Handle, address: Pointer): number;
  bridge_abort(handle: Handle, id: number, reason: Pointer, length: number): number;
  bridge_association(handle: Handle, id: number, buffer: Pointer, capacity: number): number;
  bridge_getpaddrs(handle: Handle, id: number, buffer: Pointer, capacity: number): number;
  bridge_getladdrs(handle: Handle, id: number, buffer: Pointer, capacity: number): number;
  bridge_sendv(
    handle: Handle,
    data: Pointer,
    length: number,
    to: Pointer,
    count: number,
    info: Pointer,
    infoLength: number,
    infoType: number,
    flags: number,
  ): number;
  bridge_recvv(
    handle: Handle,
    buffer: Pointer,
    length: number,
    from: Pointer,
    fromLength: Pointer,
    info: Pointer,
    infoLength: Pointer,
    infoType: Pointer,
    flags: Pointer,
  ): number;
  bridge_set_aside(handle: Handle, ids: Pointer, count: number): number;
  link_put_back(): void;
  bridge_get_events(handle: Handle): number;
  bridge_setsockopt(handle: Handle, level: number, name: number, value: Pointer, length: number): number;
  bridge_setsockopts(handle: Handle, options: Pointer, length: number): number;
  bridge_getsockopt(handle: Handle, level: number, name: number, value: Pointer, length: Pointer): number;
  bridge_opt_info(handle: Handle, id: number, option: number, value: Pointer, length: Pointer): number;
  bridge_get_stat(statistics: Pointer): void;
  bridge_association_statistics(handle: Handle, id: number, statistics: Pointer): number;
  bridge_path_statistics(handle: Handle, id: number, address: Pointer, statistics: Pointer): number;
  bridge_sysctl_get(index: number): number;
  bridge_sysctl_set(index: number, value: number): number;
  bridge_register_address(address: number): void;
  bridge_deregister_address(address: number): void;
  bridge_crc32c_offload(on: number): void;
  bridge_crc32c(buffer: Pointer, length: number): number;
  bridge_set_non_blocking(handle: Handle, on: number): number;
  bridge_get_non_blocking(handle: Handle): number;
  bridge_handle_timers(elapsedMs: number): void;
  bridge_take_error(handle: Handle): number;
  bridge_send_room(handle: Handle): number;
  bridge_local_port(handle: Handle): number;
  bridge_set_v6only(handle: Handle): number;
  bridge_prepare(
    handle: Handle,
    noDelay: number,
    outbound: number,
    inbound: number,
    resets: number,
    networkPort: number,
  ): number;
}

/** An instance of the module, which is one SCTP host. */
export interface Instance {
  readonly exports: Exports;
  readonly memory: Memory;
  /** The first error that a host function has had since the last call. The stack can't go on after one. */
  takeFault(): unknown;
}

/** Instantiates the compiled module. No other code knows that Emscripten has made it. */
export async function instantiate(module: WasmModule, host: Host): Promise<Instance> {
  let memory: Memory | undefined;
  let fault: unknown;
  const guarded = (call: (heap: Memory) => number): number => {
    try {
      if (memory === undefined) throw new Error('the module called its host while it was being instantiated');
      return call(memory);
    } catch (error) {
      fault ??= error;
      return 0;
    }
  };
  const instance = await instanceOf(module, {
    host: {
      panic: (text: Pointer, length: number) =>
        guarded((heap) => {
          throw new SctpError('ENOBUFS', heap.text(text, length));
        }),
      random: (buffer: Pointer, length: number) =>
        guarded((heap) => {
          host.random(heap.bytes.subarray(buffer, buffer + length));
          return 0;
        }),
      route: (destination: Pointer, family: number, mtu: Pointer) =>
        guarded((heap) => {
          const answer = host.route(heap.address(destination >> 2, family));
          heap.words[mtu >> 2] = answer.mtu;
          heap.words[(mtu >> 2) + 1] = answer.probeMtu;
          return answer.interface;
        }),
      path: (peer: Pointer, family: number, ports: number, isAdded: number) =>
        guarded((heap) => {
          host.path(heap.address(peer >> 2, family), ports >>> 16, ports & 0xffff, isAdded !== 0);
          return 0;
        }),
    },
    env: { emscripten_notify_memory_growth: () => memory?.refresh() },
  });
  const exports = instance.exports as unknown as Exports;
  // The first buffer that is detached costs V8 all code that counts on there being none: a tenth of a second, were it later.
  exports.memory.grow(0);
  memory = new Memory(exports.memory);
  exports._initialize();
  return {
    exports,
    memory,
    takeFault() {
      const taken = fault;
      fault = undefined;
      return taken;
    },
  };
}

/** Each instance reserves address space for the memory that it may grow to. */
async function instanceOf(module: WebAssembly.Module, imports: WebAssembly.Imports): Promise<WebAssembly.Instance> {
  try {
    return await WebAssembly.instantiate(module, imports);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const what = 'no address space for another stack: close stacks, or raise the limit of the process (ulimit -v)';
    throw new SctpError('ENOBUFS', `Stack.create: ${what}`, { syscall: 'create', cause });
  }
}

/** Whether it is a trap, or a stack overflow inside the module. Its memory may be inconsistent afterwards. */
export function isTrap(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
}
