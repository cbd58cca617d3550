import { RTCPeerConnection } from 'werift';
import { connectDataChannels, type DataChannels } from '../../../src/datachannel.js';
import { type ConnPath, conn, Stack } from '../../../src/index.js';

/** Node's end of a WebRTC connection: ICE and DTLS are werift's, SCTP and the data channels are ours. */
export interface NodePeer {
  /** The SDP answer for the page. */
  readonly answer: string;
  /** Resolves when the association is up. */
  readonly channels: Promise<DataChannels>;
  /** Drops that share of the SCTP packets, in both directions. */
  loss(share: number): void;
  close(): Promise<void>;
}

/** Answers the offer of a page. */
export async function answer(offer: string): Promise<NodePeer> {
  const connection = new RTCPeerConnection({
    iceServers: [],
    iceAdditionalHostAddresses: ['127.0.0.1'],
    maxMessageSize: 1 << 26,
  });
  await connection.setRemoteDescription({ type: 'offer', sdp: offer });
  const { sctpTransport } = connection;
  if (!sctpTransport) throw new Error('the offer has no data channel');
  sctpTransport.start = async () => undefined; // SCTP is ours
  await connection.setLocalDescription(await connection.createAnswer());

  const { dtlsTransport } = sctpTransport;
  let share = 0;
  const isLost = () => Math.random() < share;
  const path: ConnPath = {
    send: (packet) => (isLost() ? undefined : dtlsTransport.sendData(Buffer.from(packet))),
    onmessage: null,
  };
  dtlsTransport.dataReceiver = (packet) => {
    if (!isLost()) path.onmessage?.(packet as never);
  };
  const stack = await Stack.create({ transport: conn({ path }) });
  const connected = new Promise<void>((resolve, reject) => {
    dtlsTransport.onStateChange.subscribe((state) => {
      if (state === 'connected') resolve();
      if (state === 'failed') reject(new Error('DTLS has failed'));
    });
  });
  const maxMessageSize = Number(/a=max-message-size:(\d+)/.exec(offer)?.[1] ?? 65_536);
  const channels = connected.then(() => {
    const role = dtlsTransport.role === 'client' ? 'client' : 'server';
    return connectDataChannels(stack, { role, maxMessageSize, timeoutMs: 30_000 });
  });
  return {
    answer: connection.localDescription?.sdp ?? '',
    channels,
    loss: (lost) => {
      share = lost;
    },
    close: async () => {
      await stack.close({ timeoutMs: 1000 }).catch(() => undefined);
      await connection.close();
    },
  };
}
