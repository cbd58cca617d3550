import type { AddressNotifier } from '../udp/local-socket.js';
import { Block } from './block.js';
import { Descriptor } from './descriptor.js';
import type { SystemCalls } from './ffi.js';
import {
  AF_NETLINK,
  iovec,
  msghdr,
  NETLINK_ROUTE,
  RTMGRP_IPV4_IFADDR,
  RTMGRP_IPV6_IFADDR,
  RTMGRP_LINK,
  SOCK_RAW,
  sockaddr_nl,
} from './linux.js';

const PIECE = msghdr.size;
const DATA = PIECE + iovec.size;
/** What a message says isn't needed: the addresses are read anew. The rest of a longer message is cut off. */
const DATA_BYTES = 256;
const GROUPS = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;

/** Calls back soon after addresses or links of the machine have changed, as the kernel tells by netlink (rtnetlink(7)). */
export function addressNotifier(system: SystemCalls, changed: () => void): AddressNotifier {
  const socket = Descriptor.socket(system, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  try {
    socket.bind(groupsAddress());
  } catch (error) {
    socket.close();
    throw error;
  }
  const discard = discarder(system, socket.fd);
  let turn: NodeJS.Immediate | undefined;
  const work = () => {
    turn = undefined;
    discard();
    changed();
  };
  const watch = system.watch(socket.fd, () => {
    turn ??= setImmediate(work);
  });
  return {
    setRef: (isRef) => watch.setRef(isRef),
    close() {
      clearImmediate(turn);
      watch.close();
      socket.close();
    },
  };
}

function groupsAddress(): Uint8Array {
  const address = new Uint8Array(sockaddr_nl.size);
  const view = new DataView(address.buffer);
  view.setUint16(sockaddr_nl.nl_family, AF_NETLINK, true);
  view.setUint32(sockaddr_nl.nl_groups, GROUPS, true);
  return address;
}

/** Receives all messages that wait. If there were too many (ENOBUFS), the addresses are read anew, too. */
function discarder(system: SystemCalls, fd: number): () => void {
  const block = new Block(DATA + DATA_BYTES, system.addressOf);
  block.setPointer(msghdr.msg_iov, PIECE);
  block.setWord(msghdr.msg_iovlen, 1);
  block.setPointer(PIECE + iovec.iov_base, DATA);
  block.setWord(PIECE + iovec.iov_len, DATA_BYTES);
  return () => {
    while (system.recvmsg(fd, block.addressAt(0), 0) >= 0);
  };
}
