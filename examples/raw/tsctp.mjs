// usrsctp's programs/tsctp_upcall.c: measures goodput, driven by upcalls.
//
//   node examples/raw/tsctp.mjs [options]            the server
//   node examples/raw/tsctp.mjs [options] address    the client
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as R from 'usrsctp-wasm/raw';
import { encapsulate, machine, perror } from './programs_helper.mjs';

const BUFFERSIZE = 1 << 16;

const options = {
  E: { type: 'string', default: '9899' }, // local UDP encapsulation port
  U: { type: 'string' }, // remote UDP encapsulation port
  l: { type: 'string', default: '1024' }, // message length
  n: { type: 'string', default: '1024' }, // number of messages
  p: { type: 'string', default: '5001' }, // port
  f: { type: 'string' }, // fragmentation point
  R: { type: 'string' }, // socket recv buffer
  S: { type: 'string' }, // socket send buffer
  D: { type: 'boolean', default: false }, // turns Nagle off
  u: { type: 'boolean', default: false }, // use unordered user messages
};

export async function main(argv, { network, printf, sleep, now }) {
  const { values: par, positionals } = parseArgs({ args: argv, options, allowPositionals: true });
  const usrsctp = await R.usrsctp_init(network(Number(par.E)));
  const message = new Uint8Array(Number(par.l)).fill(0x42);
  const stat = { messages: 0, bytes: 0, recv_calls: 0, notifications: 0, start: 0 };
  let done = false;

  const handle_accept = (upcall_socket) => {
    const conn_sock = usrsctp.usrsctp_accept(upcall_socket);
    if (conn_sock === null) {
      if (usrsctp.errno !== 'EAGAIN') perror(usrsctp, 'usrsctp_accept', printf);
      return;
    }
    usrsctp.usrsctp_set_upcall(conn_sock, handle_upcall, stat);
  };

  const handle_upcall = (upcall_socket) => {
    const events = usrsctp.usrsctp_get_events(upcall_socket);
    if (events & R.SCTP_EVENT_READ) {
      let got = usrsctp.usrsctp_recvv(upcall_socket, BUFFERSIZE);
      while (got !== -1 && got.data.length > 0) {
        if (stat.recv_calls === 0) stat.start = now();
        stat.recv_calls++;
        if (got.flags & R.MSG_NOTIFICATION) {
          stat.notifications++;
        } else {
          stat.bytes += got.data.length;
          if (got.flags & R.MSG_EOR) stat.messages++;
        }
        got = usrsctp.usrsctp_recvv(upcall_socket, BUFFERSIZE);
      }
      if (got === -1 && usrsctp.errno !== 'EAGAIN') {
        perror(usrsctp, 'usrsctp_recvv', printf);
        done = true;
      } else if (got !== -1) {
        done = true;
        const seconds = (now() - stat.start) / 1000;
        printf(`${stat.messages} messages, ${stat.bytes} bytes, ${stat.recv_calls} recv() calls, `);
        printf(`${(stat.bytes / 1e6 / seconds).toFixed(1)} MB/s\n`);
      }
      if (done) return usrsctp.usrsctp_close(upcall_socket);
    }
    if (events & R.SCTP_EVENT_WRITE && positionals.length > 0 && !done) {
      const snd_info = { snd_flags: par.u ? R.SCTP_UNORDERED : 0 };
      while (usrsctp.usrsctp_sendv(upcall_socket, message, null, snd_info, R.SCTP_SENDV_SNDINFO) > 0) {
        if (++stat.messages === Number(par.n)) {
          done = true;
          return usrsctp.usrsctp_close(upcall_socket);
        }
      }
      if (usrsctp.errno !== 'EAGAIN') {
        perror(usrsctp, 'usrsctp_sendv', printf);
        done = true;
        usrsctp.usrsctp_close(upcall_socket);
      }
    }
  };

  const psock = usrsctp.usrsctp_socket(R.AF_INET, R.SOCK_STREAM, R.IPPROTO_SCTP, null, null, 0, null);
  if (par.R) usrsctp.usrsctp_setsockopt(psock, R.SOL_SOCKET, R.SO_RCVBUF, Number(par.R));
  if (par.S) usrsctp.usrsctp_setsockopt(psock, R.SOL_SOCKET, R.SO_SNDBUF, Number(par.S));
  if (par.D) usrsctp.usrsctp_setsockopt(psock, R.IPPROTO_SCTP, R.SCTP_NODELAY, 1);
  if (par.f) usrsctp.usrsctp_setsockopt(psock, R.IPPROTO_SCTP, R.SCTP_MAXSEG, { assoc_value: Number(par.f) });
  if (par.U) encapsulate(usrsctp, psock, Number(par.U), printf);

  if (positionals.length === 0) {
    if (usrsctp.usrsctp_bind(psock, { address: '0.0.0.0', port: Number(par.p) }) < 0) {
      perror(usrsctp, 'usrsctp_bind', printf);
    }
    usrsctp.usrsctp_set_upcall(psock, handle_accept, stat);
    if (usrsctp.usrsctp_listen(psock, 1) < 0) perror(usrsctp, 'usrsctp_listen', printf);
    printf('Listening.\n');
  } else {
    usrsctp.usrsctp_set_upcall(psock, handle_upcall, stat);
    const [address] = positionals;
    if (usrsctp.usrsctp_connect(psock, { address, port: Number(par.p) }) < 0 && usrsctp.errno !== 'EINPROGRESS') {
      perror(usrsctp, 'usrsctp_connect', printf);
      return -1;
    }
  }
  while (!done) {
    await sleep(10);
  }
  if (positionals.length === 0) usrsctp.usrsctp_close(psock);
  while (usrsctp.usrsctp_finish() !== 0) {
    await sleep(100);
  }
  await usrsctp.finished;
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2), await machine());
}
