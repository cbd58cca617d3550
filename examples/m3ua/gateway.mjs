// A signalling gateway in the manner of M3UA, which returns DATA to its sender: node examples/m3ua/gateway.mjs [SCTP port] [UDP port]
import { PPID, Stack } from 'usrsctp-wasm';
import { udp } from 'usrsctp-wasm/udp';
import { AS_ACTIVE, decode, encode, KINDS, protocolData, TAGS, word } from './message.mjs';

const [port = '2905', udpPort = '9899'] = process.argv.slice(2);
const stack = await Stack.create({ transport: udp({ port: Number(udpPort) }) });
const socket = stack.socket({ streams: { outbound: 17, inbound: 17 } });
socket.bindx([{ address: '::', port: Number(port) }]);
console.log(`listening on SCTP port ${port}, UDP port ${udpPort}`);

for await (const association of socket.listen()) {
  serve(association).catch((error) => console.log(`lost an ASP: ${error.message}`));
}

async function serve(association) {
  const send = (kind, parameters, stream = 0) =>
    association.send(encode(kind, parameters), { stream, ppid: PPID.M3UA });
  for await (const { data, stream } of association) {
    const { kind, parameters } = decode(data);
    if (kind === KINDS.ASP_UP) await send(KINDS.ASP_UP_ACK);
    else if (kind === KINDS.ASP_ACTIVE) {
      await send(KINDS.ASP_ACTIVE_ACK, parameters);
      await send(KINDS.NOTIFY, new Map([[TAGS.STATUS, word(AS_ACTIVE)]]));
      console.log('an application server is active');
    } else if (kind === KINDS.DATA) {
      const label = parameters.get(TAGS.PROTOCOL_DATA);
      const [from, to, sls] = [label.readUInt32BE(0), label.readUInt32BE(4), label[11]];
      const back = protocolData({ from: to, to: from, sls, data: label.subarray(12) });
      await send(KINDS.DATA, new Map([[TAGS.PROTOCOL_DATA, back]]), stream);
    }
  }
  console.log('an ASP has left');
}
