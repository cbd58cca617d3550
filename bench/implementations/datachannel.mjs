// Data channels over DTLS and ICE, both ends in one process, over UDP on loopback: SCTP and the channels are ours or
// werift's over werift's ICE and DTLS, or all of it is node-datachannel's (libdatachannel, native, with threads).
import { RTCPeerConnection } from 'werift';

/** The sender waits while more than this waits to be sent. */
const HIGH_BYTES = 1 << 20;

/** An implementation with one association: `connect` and `accept` return its ends. */
function single(pair) {
  const ends = pair();
  return { connect: async () => (await ends)[0], accept: async () => (await ends)[1] };
}

export const ours = () => single(() => overWerift(oursOver));
export const werift = () => single(() => overWerift(weriftOver));
export const native = () => single(nodeDatachannel);

/** Two peer connections of werift; `over(connections)` makes the ends of a channel. */
async function overWerift(over) {
  const [a, b] = [0, 1].map(
    () => new RTCPeerConnection({ iceServers: [], iceAdditionalHostAddresses: ['127.0.0.1'], maxMessageSize: 1 << 20 }),
  );
  const channel = a.createDataChannel('bench');
  await a.setLocalDescription(await a.createOffer());
  await b.setRemoteDescription(a.localDescription);
  const ends = over([a, b], channel);
  await b.setLocalDescription(await b.createAnswer());
  await a.setRemoteDescription(b.localDescription);
  return ends;
}

async function oursOver(connections) {
  const { conn, Stack } = await import('usrsctp-wasm');
  const { connectDataChannels } = await import('usrsctp-wasm/datachannel');
  const end = async ({ sctpTransport }) => {
    sctpTransport.start = async () => undefined; // SCTP is ours
    const dtls = sctpTransport.dtlsTransport;
    const bytes = (packet) => Buffer.from(packet.buffer, packet.byteOffset, packet.length);
    const path = { send: (packet) => dtls.sendData(bytes(packet)), onmessage: null };
    const stack = await Stack.create({ transport: conn({ path }) });
    dtls.dataReceiver = (packet) => path.onmessage?.(packet);
    await new Promise((resolve) => {
      if (dtls.state === 'connected') resolve();
      dtls.onStateChange.subscribe((state) => state === 'connected' && resolve());
    });
    return connectDataChannels(stack, { role: dtls.role });
  };
  const [a, b] = await Promise.all(connections.map(end));
  const channel = a.createDataChannel('bench');
  await channel.opened;
  const wrapped = (each) => ({
    send: (data) => each.send(data),
    receive: (handler) => {
      each.onmessage = ({ data }) => handler(typeof data === 'string' ? data : new Uint8Array(data));
    },
    close: () => each.close(),
  });
  return [wrapped(channel), wrapped(await b.accept())];
}

async function weriftOver([, b], channel) {
  const accepted = new Promise((resolve) => b.onDataChannel.subscribe(resolve));
  await new Promise((resolve) => channel.stateChange.subscribe((state) => state === 'open' && resolve()));
  const wrapped = (each) => ({
    send: async (data) => {
      each.send(data);
      while (each.bufferedAmount > HIGH_BYTES) await new Promise((resolve) => setImmediate(resolve));
    },
    receive: (handler) => each.onMessage.subscribe(handler),
    close: async () => each.close(),
  });
  return [wrapped(channel), wrapped(await accepted)];
}

async function nodeDatachannel() {
  const { PeerConnection } = await import('node-datachannel');
  const [a, b] = ['a', 'b'].map((name) => new PeerConnection(name, { iceServers: [] }));
  const join = (from, to) => {
    from.onLocalDescription((sdp, type) => to.setRemoteDescription(sdp, type));
    from.onLocalCandidate((candidate, mid) => to.addRemoteCandidate(candidate, mid));
  };
  join(a, b);
  join(b, a);
  const accepted = new Promise((resolve) => b.onDataChannel(resolve));
  const channel = a.createDataChannel('bench');
  await new Promise((resolve) => channel.onOpen(resolve));
  const wrapped = (each) => {
    each.setBufferedAmountLowThreshold(HIGH_BYTES / 2);
    let low = () => undefined;
    each.onBufferedAmountLow(() => low());
    return {
      send: async (data) => {
        each.sendMessageBinary(data);
        if (each.bufferedAmount() <= HIGH_BYTES) return;
        await new Promise((resolve) => {
          low = resolve;
          if (each.bufferedAmount() <= HIGH_BYTES / 2) resolve(); // it has fallen meanwhile, in another thread
        });
      },
      receive: (handler) => each.onMessage(handler),
      close: async () => each.close(),
    };
  };
  return [wrapped(channel), wrapped(await accepted)];
}
