// usrsctp's programs_helper.c, and what the programs need of an operating system.
import * as R from 'usrsctp-wasm/raw';

const CHANGES = ['SCTP_COMM_UP', 'SCTP_COMM_LOST', 'SCTP_RESTART', 'SCTP_SHUTDOWN_COMP', 'SCTP_CANT_STR_ASSOC'];
const ADDRESS_CHANGES = ['AVAILABLE', 'UNREACHABLE', 'REMOVED', 'ADDED', 'MADE_PRIM', 'CONFIRMED'];

/** What a program that is started by itself runs on. The tests give the programs something else. */
export async function machine() {
  const { udp } = await import('usrsctp-wasm/udp');
  const { createInterface } = await import('node:readline');
  return {
    network: (port) => ({ transport: udp({ port }) }),
    stdin: createInterface({ input: process.stdin }),
    printf: (text) => process.stdout.write(text),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    now: () => performance.now(),
  };
}

export function perror(usrsctp, what, printf) {
  printf(`${what}: ${usrsctp.errno}\n`);
}

/** Encapsulates all associations of a socket in UDP. `port` is the peer's. */
export function encapsulate(usrsctp, sock, port, printf) {
  const encaps = { sue_address: { address: '::', port: 0 }, sue_port: R.htons(port) };
  if (usrsctp.usrsctp_setsockopt(sock, R.IPPROTO_SCTP, R.SCTP_REMOTE_UDP_ENCAPS_PORT, encaps) < 0) {
    perror(usrsctp, 'usrsctp_setsockopt SCTP_REMOTE_UDP_ENCAPS_PORT', printf);
  }
}

export function handle_notification(data, printf) {
  const notif = R.sctp_notification(data);
  if (notif === undefined) return;
  printf(`handle_notification : ${notif.name}: `);
  switch (notif.name) {
    case 'SCTP_ASSOC_CHANGE':
      printf(`Association change ${CHANGES[notif.sac_state - 1]}`);
      printf(`, streams (in/out) = (${notif.sac_inbound_streams}/${notif.sac_outbound_streams}).\n`);
      break;
    case 'SCTP_PEER_ADDR_CHANGE':
      printf(`Peer address ${notif.spc_aaddr.address} is now SCTP_ADDR_${ADDRESS_CHANGES[notif.spc_state - 1]}`);
      printf(` (error = 0x${notif.spc_error.toString(16).padStart(8, '0')}).\n`);
      break;
    case 'SCTP_SEND_FAILED_EVENT':
      printf(
        `${notif.ssfe_flags & R.SCTP_DATA_UNSENT ? 'Unsent' : 'Sent'} message on stream ${notif.ssfe_info.snd_sid}.\n`,
      );
      break;
    default:
      printf('\n');
  }
}
