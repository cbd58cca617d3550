// Printed by scripts/system.mjs from the system's headers. Don't edit it.

export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 2048;
export const SOCK_CLOEXEC = 524288;
export const IPPROTO_SCTP = 132;
export const IPPROTO_UDP = 17;
export const O_CLOEXEC = 524288;
export const SOL_SOCKET = 1;
export const SO_RCVBUF = 8;
export const SO_SNDBUF = 7;
export const SO_RCVBUFFORCE = 33;
export const SO_SNDBUFFORCE = 32;
export const SO_ATTACH_FILTER = 26;
export const SO_REUSEPORT = 15;
export const SO_ATTACH_REUSEPORT_CBPF = 51;
export const SOL_UDP = 17;
export const UDP_SEGMENT = 103;
export const UDP_GRO = 104;
export const IPPROTO_IP = 0;
export const IP_TOS = 1;
export const IP_RECVTOS = 13;
export const IP_RECVERR = 11;
export const IP_MTU_DISCOVER = 10;
export const IP_PMTUDISC_DONT = 0;
export const IP_PMTUDISC_PROBE = 3;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const IPV6_TCLASS = 67;
export const IPV6_RECVTCLASS = 66;
export const IPV6_RECVERR = 25;
export const IPV6_MTU_DISCOVER = 23;
export const IPV6_PMTUDISC_DONT = 0;
export const IPV6_PMTUDISC_PROBE = 3;
export const IPV6_MTU = 24;
export const MSG_ERRQUEUE = 8192;
export const MSG_TRUNC = 32;
export const SO_EE_ORIGIN_ICMP = 2;
export const SO_EE_ORIGIN_ICMP6 = 3;
export const BPF_LD = 0;
export const BPF_LDX = 1;
export const BPF_H = 8;
export const BPF_B = 16;
export const BPF_ABS = 32;
export const BPF_IND = 64;
export const BPF_MSH = 160;
export const BPF_JMP = 5;
export const BPF_JEQ = 16;
export const BPF_K = 0;
export const BPF_RET = 6;
export const BPF_W = 0;
export const BPF_ALU = 4;
export const BPF_MOD = 144;
export const BPF_A = 16;
export const BPF_JA = 0;
export const SKF_AD_OFF = -4096;
export const SKF_AD_RANDOM = 56;
export const NETLINK_ROUTE = 0;
export const RTMGRP_LINK = 1;
export const RTMGRP_IPV4_IFADDR = 16;
export const RTMGRP_IPV6_IFADDR = 256;

/** The size of a `struct mmsghdr` in bytes, and where its members are. */
export const mmsghdr = {
  size: 64,
  msg_hdr: 0,
  msg_len: 56,
} as const;

/** The size of a `struct msghdr` in bytes, and where its members are. */
export const msghdr = {
  size: 56,
  msg_name: 0,
  msg_namelen: 8,
  msg_iov: 16,
  msg_iovlen: 24,
  msg_control: 32,
  msg_controllen: 40,
  msg_flags: 48,
} as const;

/** The size of a `struct iovec` in bytes, and where its members are. */
export const iovec = {
  size: 16,
  iov_base: 0,
  iov_len: 8,
} as const;

/** The size of a `struct cmsghdr` in bytes, and where its members are. */
export const cmsghdr = {
  size: 16,
  cmsg_len: 0,
  cmsg_level: 8,
  cmsg_type: 12,
} as const;

/** The size of a `struct sockaddr_in` in bytes, and where its members are. */
export const sockaddr_in = {
  size: 16,
  sin_family: 0,
  sin_port: 2,
  sin_addr: 4,
} as const;

/** The size of a `struct sockaddr_in6` in bytes, and where its members are. */
export const sockaddr_in6 = {
  size: 28,
  sin6_family: 0,
  sin6_port: 2,
  sin6_addr: 8,
  sin6_scope_id: 24,
} as const;

/** The size of a `struct sockaddr_nl` in bytes, and where its members are. */
export const sockaddr_nl = {
  size: 12,
  nl_family: 0,
  nl_groups: 8,
} as const;

/** The size of a `struct sock_extended_err` in bytes, and where its members are. */
export const sock_extended_err = {
  size: 16,
  ee_errno: 0,
  ee_origin: 4,
  ee_type: 5,
  ee_code: 6,
  ee_info: 8,
} as const;

/** The size of a `struct sock_fprog` in bytes, and where its members are. */
export const sock_fprog = {
  size: 16,
  len: 0,
  filter: 8,
} as const;

/** The size of a `struct sock_filter` in bytes, and where its members are. */
export const sock_filter = {
  size: 8,
  code: 0,
  jt: 2,
  jf: 3,
  k: 4,
} as const;
