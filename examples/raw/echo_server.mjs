// usrsctp's programs/echo_server.c: prints messages and sends them back.
//
//   node examples/raw/echo_server.mjs [local_encaps_port remote_encaps_port [port]]
import { fileURLToPath } from 'node:url';
import * as R from 'usrsctp-wasm/raw';
import { encapsulate, machine, perror } from './programs_helper.mjs';

const BUFFER_SIZE = 10240;

export async function main(argv, { network, printf, sleep, isOver = () => false }) {
  const [local_encaps_port = 9899, remote_encaps_port, port = 7] = argv;
  const usrsctp = await R.usrsctp_init(network(Number(local_encaps_port)));
  usrsctp.usrsctp_sysctl_set_sctp_blackhole(2);
  usrsctp.usrsctp_sysctl_set_sctp_no_csum_on_loopback(0);

  const sock = usrsctp.usrsctp_socket(R.AF_INET6, R.SOCK_SEQPACKET, R.IPPROTO_SCTP, null, null, 0, null);
  if (sock === null) {
    perror(usrsctp, 'usrsctp_socket', printf);
  }
  if (usrsctp.usrsctp_setsockopt(sock, R.IPPROTO_SCTP, R.SCTP_I_WANT_MAPPED_V4_ADDR, 1) < 0) {
    perror(usrsctp, 'usrsctp_setsockopt SCTP_I_WANT_MAPPED_V4_ADDR', printf);
  }
  const av = { assoc_id: R.SCTP_ALL_ASSOC, assoc_value: 47 };
  if (usrsctp.usrsctp_setsockopt(sock, R.IPPROTO_SCTP, R.SCTP_CONTEXT, av) < 0) {
    perror(usrsctp, 'usrsctp_setsockopt SCTP_CONTEXT', printf);
  }
  if (usrsctp.usrsctp_setsockopt(sock, R.IPPROTO_SCTP, R.SCTP_RECVRCVINFO, 1) < 0) {
    perror(usrsctp, 'usrsctp_setsockopt SCTP_RECVRCVINFO', printf);
  }
  if (remote_encaps_port !== undefined) {
    encapsulate(usrsctp, sock, Number(remote_encaps_port), printf);
  }
  const event_types = [
    R.SCTP_ASSOC_CHANGE,
    R.SCTP_PEER_ADDR_CHANGE,
    R.SCTP_REMOTE_ERROR,
    R.SCTP_SHUTDOWN_EVENT,
    R.SCTP_ADAPTATION_INDICATION,
    R.SCTP_PARTIAL_DELIVERY_EVENT,
  ];
  for (const se_type of event_types) {
    const event = { se_assoc_id: R.SCTP_FUTURE_ASSOC, se_on: 1, se_type };
    if (usrsctp.usrsctp_setsockopt(sock, R.IPPROTO_SCTP, R.SCTP_EVENT, event) < 0) {
      perror(usrsctp, 'usrsctp_setsockopt SCTP_EVENT', printf);
    }
  }
  if (usrsctp.usrsctp_bind(sock, { address: '::', port: Number(port) }) < 0) {
    perror(usrsctp, 'usrsctp_bind', printf);
  }
  if (usrsctp.usrsctp_listen(sock, 1) < 0) {
    perror(usrsctp, 'usrsctp_listen', printf);
  }
  printf('Listening.\n');
  while (!isOver()) {
    const got = usrsctp.usrsctp_recvv(sock, BUFFER_SIZE, 0);
    if (got === -1) {
      if (usrsctp.errno !== 'EAGAIN') break;
      await sleep(10); // C's recvv blocks
      continue;
    }
    const { data, from, info, infotype, flags } = got;
    const n = data.length;
    if (flags & R.MSG_NOTIFICATION) {
      printf(`Notification of length ${n} received.\n`);
    } else if (infotype === R.SCTP_RECVV_RCVINFO) {
      printf(
        `Msg of length ${n} received from ${from.address}:${from.port} on stream ${info.rcv_sid} ` +
          `with SSN ${info.rcv_ssn} and TSN ${info.rcv_tsn}, PPID ${R.ntohl(info.rcv_ppid)}, ` +
          `context ${info.rcv_context}, complete ${flags & R.MSG_EOR ? 1 : 0}.\n`,
      );
      if (flags & R.MSG_EOR) {
        const snd_info = {
          snd_sid: info.rcv_sid,
          snd_flags: info.rcv_flags & R.SCTP_UNORDERED,
          snd_ppid: info.rcv_ppid,
          snd_context: 0,
          snd_assoc_id: info.rcv_assoc_id,
        };
        if (usrsctp.usrsctp_sendv(sock, data, null, snd_info, R.SCTP_SENDV_SNDINFO, 0) < 0) {
          perror(usrsctp, 'sctp_sendv', printf);
        }
      }
    } else {
      printf(`Msg of length ${n} received from ${from.address}:${from.port}, complete ${flags & R.MSG_EOR ? 1 : 0}.\n`);
    }
  }
  usrsctp.usrsctp_close(sock);
  while (usrsctp.usrsctp_finish() !== 0) {
    await sleep(1000);
  }
  await usrsctp.finished;
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2), await machine());
}
