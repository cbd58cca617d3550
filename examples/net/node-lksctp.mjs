// A program in the manner of node-lksctp: a server with two addresses and a client that knows both, on one machine.
// node examples/net/node-lksctp.mjs [UDP port]
//
// For node-lksctp, the first line would be: import lksctp from 'lksctp';
import lksctp from 'usrsctp-wasm/net';

const udpPort = Number(process.argv[2] ?? 9899); // not in node-lksctp, whose kernel speaks SCTP directly in IP
const addresses = ['127.0.0.1', '127.0.0.2'];

const server = lksctp.createServer({ MIS: 5, OS: 5, sack: { delay: 20, freq: 1 } });

server.on('error', (error) => console.error('server:', error.message));
server.on('connection', (socket) => {
  console.log(`server: connected to ${socket.remoteAddresses.length} addresses`);
  socket.on('data', (data) => {
    // the answer goes to the same stream, with the same payload protocol identifier
    const answer = Buffer.from(`${data} to you, too`);
    answer.sid = data.sid;
    answer.ppid = data.ppid;
    if (!socket.write(answer)) {
      socket.pause();
      socket.once('drain', () => socket.resume());
    }
  });
  socket.on('end', () => server.close());
});
server.on('close', () => console.log('server: closed'));

server.listen({ port: 12345, localAddresses: addresses, udpPort }, () => {
  console.log(
    'server: listening on',
    server
      .getLocalAddresses()
      .map(({ address }) => address)
      .join(' '),
  );

  const socket = lksctp.connect({ remoteAddresses: addresses, port: 12345, localAddresses: addresses, udpPort });
  socket.on('connect', () => {
    socket.setNoDelay(true);
    const { numberOfOutgoingStreams } = socket.status();
    console.log(`client: connected, ${numberOfOutgoingStreams} streams to ${socket.remoteAddresses.join(' ')}`);
    const message = Buffer.from('good day');
    message.sid = 3;
    message.ppid = 46;
    socket.write(message);
  });
  socket.on('data', (data) => {
    console.log(`client: '${data}' on stream ${data.sid}, ppid ${data.ppid}`);
    const paths = Object.entries(socket.peerInfoByAddress);
    console.log(`client: ${paths.map(([address, { state }]) => `${address} ${state}`).join(', ')}`);
    socket.end();
  });
  socket.on('error', (error) => console.error('client:', error.message));
  socket.on('close', (hadError) => console.log(`client: closed${hadError ? ' after an error' : ''}`));
});
