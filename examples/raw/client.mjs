// usrsctp's programs/client.c: sends what it reads from stdin, and prints what comes back.
//
//   node examples/raw/client.mjs remote_addr remote_port [local_port local_encaps_port remote_encaps_port]
import { fileURLToPath } from 'node:url';
import * as R from 'usrsctp-wasm/raw';
import { encapsulate, handle_notification, machine, perror } from './programs_helper.mjs';

export async function main(argv, { network, stdin, printf, sleep }) {
  let done = false;

  const receive_cb = (sock, _addr, data, _rcv, flags) => {
    if (data === null) {
      done = true;
      usrsctp.usrsctp_close(sock);
    } else if (flags & R.MSG_NOTIFICATION) {
      handle_notification(data, printf);
    } else {
      printf(new TextDecoder().decode(data));
    }
    return 1;
  };

  if (argv.length < 2) {
    printf('Usage: client remote_addr remote_port local_port local_encaps_port remote_encaps_port\n');
    return -1;
  }
  const [remote_addr, remote_port, local_port, local_encaps_port = 9899, remote_encaps_port] = argv;
  const usrsctp = await R.usrsctp_init(network(Number(local_encaps_port)));
  usrsctp.usrsctp_sysctl_set_sctp_blackhole(2);
  usrsctp.usrsctp_sysctl_set_sctp_no_csum_on_loopback(0);

  const sock = usrsctp.usrsctp_socket(R.AF_INET6, R.SOCK_STREAM, R.IPPROTO_SCTP, receive_cb, null, 0, null);
  if (sock === null) {
    perror(usrsctp, 'usrsctp_socket', printf);
  }
  for (const se_type of [R.SCTP_ASSOC_CHANGE, R.SCTP_PEER_ADDR_CHANGE, R.SCTP_SEND_FAILED_EVENT]) {
    const event = { se_assoc_id: R.SCTP_ALL_ASSOC, se_on: 1, se_type };
    if (usrsctp.usrsctp_setsockopt(sock, R.IPPROTO_SCTP, R.SCTP_EVENT, event) < 0) {
      perror(usrsctp, 'setsockopt SCTP_EVENT', printf);
    }
  }
  if (local_port !== undefined) {
    if (usrsctp.usrsctp_bind(sock, { address: '::', port: Number(local_port) }) < 0) {
      perror(usrsctp, 'bind', printf);
    }
  }
  if (remote_encaps_port !== undefined) {
    encapsulate(usrsctp, sock, Number(remote_encaps_port), printf);
  }
  const name = { address: remote_addr, port: Number(remote_port) };
  if (usrsctp.usrsctp_connect(sock, name) < 0 && usrsctp.errno !== 'EINPROGRESS') {
    perror(usrsctp, 'usrsctp_connect', printf);
  }
  while (!done && !(usrsctp.usrsctp_get_events(sock) & R.SCTP_EVENT_WRITE)) {
    await sleep(10); // C's connect blocks
  }
  const laddrs = usrsctp.usrsctp_getladdrs(sock, 0);
  if (laddrs === -1) {
    perror(usrsctp, 'usrsctp_getladdrs', printf);
  } else {
    printf(`Local addresses: ${laddrs.map(({ address }) => address).join(', ')}.\n`);
    usrsctp.usrsctp_freeladdrs(laddrs);
  }
  const paddrs = usrsctp.usrsctp_getpaddrs(sock, 0);
  if (paddrs === -1) {
    perror(usrsctp, 'usrsctp_getpaddrs', printf);
  } else {
    printf(`Peer addresses: ${paddrs.map(({ address }) => address).join(', ')}.\n`);
    usrsctp.usrsctp_freepaddrs(paddrs);
  }
  for await (const line of stdin) {
    if (done) break;
    const buffer = new TextEncoder().encode(`${line}\n`);
    usrsctp.usrsctp_sendv(sock, buffer, null, null, R.SCTP_SENDV_NOINFO, 0);
  }
  if (!done) {
    if (usrsctp.usrsctp_shutdown(sock, R.SHUT_WR) < 0) {
      perror(usrsctp, 'usrsctp_shutdown', printf);
    }
  }
  while (!done) {
    await sleep(10);
  }
  const stat = usrsctp.usrsctp_get_stat();
  printf(`Number of packets (sent/received): (${stat.sctps_outpackets}/${stat.sctps_inpackets}).\n`);
  while (usrsctp.usrsctp_finish() !== 0) {
    await sleep(1000);
  }
  await usrsctp.finished;
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2), await machine());
}
