// An application server process in the manner of M3UA: node examples/m3ua/asp.mjs ADDRESS… [--port N] [--udp-port N]
// It is activated (ASP Up, ASP Active), then sends SCCP data on a stream for each signalling link selection (SLS).
import { parseArgs } from 'node:util';
import { PPID, Stack } from 'usrsctp-wasm';
import { udp } from 'usrsctp-wasm/udp';
import { AS_ACTIVE, decode, encode, KINDS, protocolData, TAGS, word } from './message.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string', default: '2905' }, 'udp-port': { type: 'string', default: '9899' } },
});
const peers = positionals.map((address) => ({
  address,
  port: Number(values.port),
  encapsulationPort: Number(values['udp-port']),
}));
const ROUTING_CONTEXT = new Map([[TAGS.ROUTING_CONTEXT, word(1)]]);
const SLS_COUNT = 16;

const stack = await Stack.create({ transport: udp({ port: 0 }), preset: 'fast-failover' });
const socket = stack.socket({ streams: { outbound: SLS_COUNT + 1, inbound: SLS_COUNT + 1 } });
const association = await socket.connectx(peers, { timeoutMs: 10_000 });

// Management messages are sent on stream 0, DATA on the others: messages with the same SLS stay in order (RFC 4666 §1.4.7).
await send(KINDS.ASP_UP);
await next(KINDS.ASP_UP_ACK);
await send(KINDS.ASP_ACTIVE, ROUTING_CONTEXT);
await next(KINDS.ASP_ACTIVE_ACK);
while ((await next(KINDS.NOTIFY)).get(TAGS.STATUS)?.readUInt32BE() !== AS_ACTIVE);
console.log('active');

for (let sls = 0; sls < SLS_COUNT; sls++) {
  const data = protocolData({ from: 1, to: 2, sls, data: Buffer.from(`SCCP ${sls}`) });
  await send(KINDS.DATA, new Map([...ROUTING_CONTEXT, [TAGS.PROTOCOL_DATA, data]]), 1 + sls);
}
for (let count = 0; count < SLS_COUNT; count++) {
  const label = (await next(KINDS.DATA)).get(TAGS.PROTOCOL_DATA);
  console.log(`from point code ${label.readUInt32BE(0)}: ${label.subarray(12)}`);
}
await stack.close();

function send(kind, parameters, stream = 0) {
  return association.send(encode(kind, parameters), { stream, ppid: PPID.M3UA });
}

/** The parameters of the next message of this kind. Others are skipped. */
async function next(kind) {
  for (;;) {
    const message = await association.receive({ timeoutMs: 10_000 });
    if (message === undefined) throw new Error('the gateway has closed the association');
    const decoded = decode(message.data);
    if (decoded.kind === kind) return decoded.parameters;
  }
}
