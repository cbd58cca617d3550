// The types of each entry, as a program uses them. Only type-checked, never run.
import { type Association, type Endpoint, PPID, type SctpError, type SocketMessage, Stack } from 'usrsctp-wasm';
import { capture, PcapngWriter, type ReadPacket, readCapture } from 'usrsctp-wasm/capture';
import { type DataChannel, DataChannels, dataChannelSocket } from 'usrsctp-wasm/datachannel';
import { type IpTransport, ip } from 'usrsctp-wasm/native';
import { IPPROTO_SCTP, type Usrsctp, usrsctp_init } from 'usrsctp-wasm/raw';
import { type RelayTransport, relay } from 'usrsctp-wasm/relay';
import { Network } from 'usrsctp-wasm/simulated';
import { Stack as SlimStack } from 'usrsctp-wasm/slim';
import { TestNetwork } from 'usrsctp-wasm/testing';
import { UdpBridge } from 'usrsctp-wasm/testing/udp';
import { type UdpTransport, udp } from 'usrsctp-wasm/udp';
import wasm from 'usrsctp-wasm/usrsctp.wasm';

const endpoints: Endpoint[] = [{ address: '192.0.2.1', port: 5001 }];
const transport: UdpTransport = udp({ port: 0 });
const raw: IpTransport = ip();
const stack: Stack = await Stack.create({ transport, preset: 'fast-failover' });
const association: Association = await stack.socket().connectx(endpoints, { timeoutMs: 5000 });
await association.send(new Uint8Array(10), { stream: 1, unordered: true });
const text: string | undefined = (await association.receive())?.data.toString();
const error: SctpError | undefined = await association.closed;

const relayed: RelayTransport = relay({ relays: [{ url: 'wss://relay.example/', ticket: async () => 'ticket' }] });
const slim: SlimStack = await SlimStack.create({ transport: relayed, wasm });
// @ts-expect-error: usrsctp-wasm/slim needs `wasm`
await SlimStack.create({ transport: relayed });

const network: Network = new TestNetwork({ seed: 7 });
const { clock } = network;
const usrsctp: Usrsctp = await usrsctp_init({
  transport: new Network({ seed: 1 }).host('a', ['10.0.0.1']).transport,
  clock,
});
// @ts-expect-error: there is no such option
network.nat({ inside: '10.0.0.1', outside: '192.0.2.1', lifetime: 1 });
// @ts-expect-error: there is no such condition
network.link('*', '*', { latency: 5 });
// @ts-expect-error: there is no such option
relay({ relays: [], timeout: 5 });
usrsctp.usrsctp_socket(2, 1, IPPROTO_SCTP);

const many = stack.socket({ style: 'one-to-many' });
const message: SocketMessage | undefined = await many.receive({ timeoutMs: 0 });
const peer: Association = await many.send('hello', { to: endpoints, ppid: PPID.DIAMETER });
peer.on('path', ({ address, change }) => `${address.length} ${change}`);
// @ts-expect-error: there is no such event
peer.on('data', () => undefined);
// @ts-expect-error: there is no such option
await peer.send('hello', { streams: 3 });
const packets: ReadPacket[] = [...readCapture(new Uint8Array())];
await Stack.create({ transport: capture(udp(), new PcapngWriter()), log: ({ message }) => void message });

const channels: DataChannels = new DataChannels(await dataChannelSocket(stack).connectx(endpoints), { role: 'client' });
const chat: DataChannel = channels.createDataChannel('chat', { ordered: false, maxRetransmits: 0 });
chat.onmessage = ({ data }) => void (typeof data === 'string' ? data.length : data);
chat.addEventListener('error', ({ error }) => error.code);
channels.addEventListener('datachannel', ({ channel }) => channel.label);
await chat.send('hello');
// @ts-expect-error: there is no such option
channels.createDataChannel('chat', { reliable: true });

export { error, message, packets, raw, slim, text, UdpBridge };
