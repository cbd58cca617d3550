import type { Instruction } from './bpf.js';
import { BPF_ABS, BPF_B, BPF_H, BPF_IND, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_LDX, BPF_MSH, BPF_RET } from './linux.js';

/** With more ports, the kernel lets all packets pass: its filter compares one port after the other. */
export const MOST_FILTERED_PORTS = 128;

/** Where the destination port is in the SCTP common header (RFC 9260 §3.1). */
const DESTINATION_PORT = 2;
const WHOLE_PACKET = 0xffff_ffff;

/**
 * A program of the kernel (classic BPF) that lets only SCTP packets with these destination ports pass. A raw IPv4 socket gets
 * packets with their IP header, a raw IPv6 socket without.
 */
export function portFilter(isIpv4: boolean, ports: ReadonlySet<number> | 'all'): readonly Instruction[] {
  const accept = { code: BPF_RET | BPF_K, k: WHOLE_PACKET };
  if (ports === 'all' || ports.size > MOST_FILTERED_PORTS) return [accept];
  const load = isIpv4
    ? [
        { code: BPF_LDX | BPF_B | BPF_MSH, k: 0 }, // the length of the IPv4 header
        { code: BPF_LD | BPF_H | BPF_IND, k: DESTINATION_PORT },
      ]
    : [{ code: BPF_LD | BPF_H | BPF_ABS, k: DESTINATION_PORT }];
  const comparisons = [...ports].map((port, index) => {
    return { code: BPF_JMP | BPF_JEQ | BPF_K, jt: ports.size - index, k: port };
  });
  return [...load, ...comparisons, { code: BPF_RET | BPF_K, k: 0 }, accept];
}
