// Prints src/transport/native/linux.ts: constants and structures of Linux's sockets, from the headers of this machine.
//   node scripts/system.mjs            prints it
//   node scripts/system.mjs --write    writes it
// It needs gcc and the headers of Debian's packages libc6-dev and linux-libc-dev. The result is right for 64-bit
// little-endian processors (x64, arm64, riscv64, loong64), which share these definitions (asm-generic). The types of
// two members differ in musl, but not their places.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FILE = 'src/transport/native/linux.ts';

/** <net/if.h> and <linux/if.h> can't be included together; nor can <netinet/in.h> and <linux/in6.h>. */
const HEADERS = [
  'fcntl.h',
  'sys/socket.h',
  'netinet/in.h',
  'netinet/udp.h',
  'linux/errqueue.h',
  'linux/filter.h',
  'linux/netlink.h',
  'linux/rtnetlink.h',
];

const CONSTANTS = [
  'AF_INET AF_INET6 AF_NETLINK SOCK_DGRAM SOCK_RAW SOCK_NONBLOCK SOCK_CLOEXEC IPPROTO_SCTP IPPROTO_UDP',
  'O_CLOEXEC SOL_SOCKET SO_RCVBUF SO_SNDBUF SO_RCVBUFFORCE SO_SNDBUFFORCE SO_ATTACH_FILTER',
  'SO_REUSEPORT SO_ATTACH_REUSEPORT_CBPF',
  'SOL_UDP UDP_SEGMENT UDP_GRO',
  'IPPROTO_IP IP_TOS IP_RECVTOS IP_RECVERR IP_MTU_DISCOVER IP_PMTUDISC_DONT IP_PMTUDISC_PROBE',
  'IPPROTO_IPV6 IPV6_V6ONLY IPV6_TCLASS IPV6_RECVTCLASS IPV6_RECVERR IPV6_MTU_DISCOVER IPV6_PMTUDISC_DONT',
  'IPV6_PMTUDISC_PROBE IPV6_MTU',
  'MSG_ERRQUEUE MSG_TRUNC SO_EE_ORIGIN_ICMP SO_EE_ORIGIN_ICMP6',
  'BPF_LD BPF_LDX BPF_H BPF_B BPF_ABS BPF_IND BPF_MSH BPF_JMP BPF_JEQ BPF_K BPF_RET',
  'BPF_W BPF_ALU BPF_MOD BPF_A BPF_JA SKF_AD_OFF SKF_AD_RANDOM',
  'NETLINK_ROUTE RTMGRP_LINK RTMGRP_IPV4_IFADDR RTMGRP_IPV6_IFADDR',
].flatMap((line) => line.split(' '));

const STRUCTURES = {
  mmsghdr: ['msg_hdr', 'msg_len'],
  msghdr: ['msg_name', 'msg_namelen', 'msg_iov', 'msg_iovlen', 'msg_control', 'msg_controllen', 'msg_flags'],
  iovec: ['iov_base', 'iov_len'],
  cmsghdr: ['cmsg_len', 'cmsg_level', 'cmsg_type'],
  sockaddr_in: ['sin_family', 'sin_port', 'sin_addr'],
  sockaddr_in6: ['sin6_family', 'sin6_port', 'sin6_addr', 'sin6_scope_id'],
  sockaddr_nl: ['nl_family', 'nl_groups'],
  sock_extended_err: ['ee_errno', 'ee_origin', 'ee_type', 'ee_code', 'ee_info'],
  sock_fprog: ['len', 'filter'],
  sock_filter: ['code', 'jt', 'jf', 'k'],
};

function generate() {
  const folder = mkdtempSync(join(tmpdir(), 'system-'));
  try {
    const source = join(folder, 'print.c');
    writeFileSync(source, program());
    execFileSync('gcc', ['-o', join(folder, 'print'), source]);
    return execFileSync(join(folder, 'print'), { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function program() {
  const constants = CONSTANTS.map((name) => `printf("export const ${name} = %lld;\\n", (long long)(${name}));`);
  const structures = Object.entries(STRUCTURES).flatMap(([name, members]) => [
    `printf("\\n/** The size of a \`struct ${name}\` in bytes, and where its members are. */\\nexport const ${name} = {\\n");`,
    `printf("  size: %zu,\\n", sizeof(struct ${name}));`,
    ...members.map((member) => `printf("  ${member}: %zu,\\n", offsetof(struct ${name}, ${member}));`),
    'printf("} as const;\\n");',
  ]);
  return `#define _GNU_SOURCE
#include <stddef.h>
#include <stdio.h>
#include <time.h>
${HEADERS.map((header) => `#include <${header}>`).join('\n')}
int main(void)
{
printf("// Printed by scripts/system.mjs from the system's headers. Don't edit it.\\n\\n");
${[...constants, ...structures].join('\n')}
}
`;
}

if (process.argv[2] === '--write') writeFileSync(FILE, generate());
else process.stdout.write(generate());
