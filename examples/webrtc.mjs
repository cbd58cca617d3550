// Data channels between a page and Node. In the page they are the browser's; here ICE and DTLS are werift's, and SCTP and
// the data channels are ours. Run: npm install werift, then node examples/webrtc.mjs [PORT], and open the URL that it prints.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { conn, Stack } from 'usrsctp-wasm';
import { connectDataChannels } from 'usrsctp-wasm/datachannel';
import { RTCPeerConnection } from 'werift';

const PAGE = `<!doctype html><title>Data channels</title>
<input placeholder="Write, then press Enter" autofocus disabled><ul></ul>
<script type="module">
  const [input, list] = document.querySelectorAll('input, ul');
  const connection = new RTCPeerConnection();
  const channel = connection.createDataChannel('chat');
  channel.onopen = () => { input.disabled = false; };
  channel.onmessage = ({ data }) => list.append(Object.assign(document.createElement('li'), { textContent: data }));
  input.onchange = () => { channel.send(input.value); input.value = ''; };
  await connection.setLocalDescription();
  while (connection.iceGatheringState !== 'complete') await new Promise((resolve) => setTimeout(resolve, 50));
  const answer = await fetch('/offer', { method: 'POST', body: connection.localDescription.sdp });
  await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
</script>`;

/** Answers the offer of a page. Its channels are ours. */
async function connect(offer) {
  const connection = new RTCPeerConnection({ iceAdditionalHostAddresses: ['127.0.0.1'], maxMessageSize: 2 ** 26 });
  await connection.setRemoteDescription({ type: 'offer', sdp: offer });
  connection.sctpTransport.start = async () => {}; // SCTP is ours
  await connection.setLocalDescription(await connection.createAnswer());
  const dtls = connection.sctpTransport.dtlsTransport;
  dtls.onStateChange.subscribe((state) => {
    if (state === 'connected') serve(dtls, connection).catch((error) => console.error(String(error)));
  });
  return connection.localDescription.sdp;
}

async function serve(dtls, connection) {
  const path = { send: (packet) => dtls.sendData(Buffer.from(packet)), onmessage: null };
  dtls.dataReceiver = (packet) => path.onmessage?.(packet);
  const stack = await Stack.create({ transport: conn({ path }) });
  try {
    for await (const channel of await connectDataChannels(stack, { role: dtls.role })) {
      console.log(`the page has opened the channel '${channel.label}'`);
      channel.onmessage = ({ data }) => channel.send(`Node has received: ${data}`);
    }
  } finally {
    await Promise.allSettled([stack.close(), connection.close()]);
  }
}

const server = createServer(async (request, response) => {
  if (request.url === '/offer') response.end(await connect(await text(request)));
  else response.setHeader('content-type', 'text/html').end(PAGE);
}).listen(Number(process.argv[2] ?? 8080), '127.0.0.1', () =>
  console.log(`open http://127.0.0.1:${server.address().port}/`),
);
