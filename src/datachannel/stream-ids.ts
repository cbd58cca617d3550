/** Which end an association is. The client's channels have even ids, the server's odd ones (RFC 8832 §6). */
export type DataChannelRole = 'client' | 'server';

/** Is the id one of those that an end with that role chooses for its channels? */
export function isOf(role: DataChannelRole, id: number): boolean {
  return id % 2 === (role === 'client' ? 0 : 1);
}

/** The lowest id that is free for a channel of that role; undefined if there is none. */
export function freeId(role: DataChannelRole, isTaken: (id: number) => boolean): number | undefined {
  for (let id = role === 'client' ? 0 : 1; id <= LARGEST_ID; id += 2) if (!isTaken(id)) return id;
  return undefined;
}

/** RFC 8831 §6.5: 65,535 isn't a stream. */
const LARGEST_ID = 65_534;
