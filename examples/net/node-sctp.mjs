// A program in the manner of node-sctp: an M3UA server and a client that becomes active, on one machine.
// node examples/net/node-sctp.mjs [UDP port]
//
// For node-sctp, the first line would be: import sctp from 'sctp';
import sctp from 'usrsctp-wasm/net';

const udpPort = Number(process.argv[2] ?? 9899); // not in node-sctp, which speaks SCTP directly in IP

const ASP_UP = Buffer.from('010003010000001000110008000003ea', 'hex');
const ASP_UP_ACK = Buffer.from('010003040000001000110008000003ea', 'hex');
const HEARTBEAT = Buffer.from('0100030300000008', 'hex');

sctp.defaults({ rto_initial: 500, rto_min: 300, rto_max: 1000 });

const server = sctp.createServer({ ppid: sctp.PPID.M3UA });
server.on('connection', (socket) => {
  console.log('server: a peer has connected, SCTP port', socket.remotePort === 0 ? 'unknown' : 'known');
  socket.on('stream', (stream, id) => {
    stream.on('data', (data) => console.log(`server: ${data.length} bytes on stream ${id}, ppid ${data.ppid}`));
  });
  socket.on('data', (data) => {
    if (data.equals(ASP_UP)) socket.write(ASP_UP_ACK);
  });
  socket.on('end', () => console.log('server: the peer has ended'));
});

server.listen({ port: 2905, udpPort, OS: 4, MIS: 4 }, () => {
  console.log('server: listening on', server.address().port);

  const socket = sctp.connect({ host: '127.0.0.1', port: 2905, udpPort, OS: 3, MIS: 3, ppid: sctp.PPID.M3UA }, () => {
    console.log(`client: connected, OS ${socket.OS}, MIS ${socket.MIS}`);
    socket.write(ASP_UP);
  });
  socket.on('data', (data) => {
    console.log(`client: ${sctp.PPID[data.ppid]} message ${data.toString('hex')}`);
    const stream = socket.createStream(1);
    stream.write(HEARTBEAT, () => socket.end());
  });
  socket.on('error', (error) => console.error('client:', error.message));
  socket.on('close', () => {
    console.log('client: closed');
    server.close(() => console.log('server: closed'));
  });
});
