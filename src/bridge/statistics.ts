import type { Address } from '../address.js';
import { link_association_statistics, link_path_statistics, sctpstat } from '../generated/layouts.js';
import type { Handle, Instance } from './instance.js';
import type { Pointer } from './memory.js';
import { packStorage } from './sockaddr.js';
import { type Layout, readStruct, type StructValue } from './struct.js';

/** usrsctp's counters, which are those of the whole stack. */
export function stackStatistics(instance: Instance): StructValue<typeof sctpstat> {
  const read = (at: Pointer) => {
    instance.exports.bridge_get_stat(at);
    return 0;
  };
  return filledBy(instance, sctpstat, read) as StructValue<typeof sctpstat>;
}

/** The statistics of an association, or a negative errno. */
export function associationStatistics(
  instance: Instance,
  handle: Handle,
  id: number,
): StructValue<typeof link_association_statistics> | number {
  const { bridge_association_statistics } = instance.exports;
  return filledBy(instance, link_association_statistics, (at) => bridge_association_statistics(handle, id, at));
}

/** The statistics of the path to one of the peer's addresses, or a negative errno. */
export function pathStatistics(
  instance: Instance,
  handle: Handle,
  id: number,
  address: Address,
): StructValue<typeof link_path_statistics> | number {
  const { exports, memory } = instance;
  const packed = packStorage({ address, port: 0 });
  return filledBy(
    instance,
    link_path_statistics,
    (at, argument) => {
      memory.bytes.set(packed, argument);
      return exports.bridge_path_statistics(handle, id, argument, at);
    },
    packed.length,
  );
}

/** The struct that a call fills. `argument` is memory for an argument of the call. */
function filledBy<const L extends Layout>(
  { exports, memory }: Instance,
  layout: L,
  call: (at: Pointer, argument: Pointer) => number,
  argumentBytes: number = 0,
): StructValue<L> | number {
  const at = exports.malloc(layout.size + argumentBytes); // never NULL, see memory.c
  memory.bytes.fill(0, at, at + layout.size + argumentBytes);
  try {
    const result = call(at, (at + layout.size) as Pointer);
    return result < 0 ? result : readStruct(layout, memory.view, at);
  } finally {
    exports.free(at);
  }
}
