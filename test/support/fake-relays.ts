import type { Packet } from '../../src/packet.js';
import { decodeClientMessage, encodeControl, type RelayMessage } from '../../src/relay/codec.js';
import { type RelayOptions, relay, type WebSocketConstructor } from '../../src/relay.js';
import { VirtualClock } from '../../src/simulated/virtual-clock.js';
import { RecordingHost } from '../../src/testing/recording-host.js';
import { sctp } from './sctp.js';

/** A WebSocket without a network: the test acts as the relay. */
export class FakeSocket {
  binaryType = '';
  readyState = 0;
  bufferedAmount = 0;
  readonly protocol = '';
  readonly url: string;
  readonly openedAtMs: number;
  readonly sent: Uint8Array[] = [];
  closed: number | undefined;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor(url: string, nowMs: number) {
    this.url = url;
    this.openedAtMs = nowMs;
  }

  send(data: Uint8Array): void {
    this.sent.push(data);
  }

  close(code = 1005): void {
    this.closed = code;
    queueMicrotask(() => this.onclose?.({ code, reason: '' }));
  }

  tell(message: Exclude<RelayMessage, { type: 'datagrams' }>): void {
    this.hear(encodeControl(message));
  }

  hear(bytes: Uint8Array): void {
    this.onmessage?.({ data: bytes.slice().buffer });
  }

  allocate(address: string, resumed = false): void {
    this.onopen?.();
    const locals = [{ address, port: 50_000 }];
    this.tell({ type: 'allocated', resumption: new Uint8Array(16).fill(5), resumed, mtu: 1400, pingMs: 5000, locals });
  }

  get messages() {
    return this.sent.map((bytes) => decodeClientMessage(bytes));
  }

  get datagrams(): number {
    return this.messages.reduce((sum, each) => sum + (each?.type === 'datagrams' ? each.datagrams.length : 0), 0);
  }
}

/** A transport through fake relays, all of which are up. */
export async function fakeRelays(
  count: number,
  options: Partial<RelayOptions> = {},
  clock: VirtualClock = new VirtualClock(),
) {
  const sockets: FakeSocket[] = [];
  const WebSocket = class {
    constructor(url: string) {
      const socket = new FakeSocket(url, clock.now());
      sockets.push(socket);
      // biome-ignore lint/correctness/noConstructorReturn: so that the test has what the transport has
      return socket;
    }
  } as unknown as WebSocketConstructor;
  const relays = Array.from({ length: count }, (_, index) => ({ url: `ws://relay-${index}/`, ticket: 'ticket' }));
  const transport = relay({ relays, WebSocket, clock, random: (bytes) => bytes.fill(0xff), ...options });
  const host = new RecordingHost();
  const starting = transport.start(host);
  await Promise.resolve();
  await clock.advance(0);
  for (const [index, socket] of sockets.entries()) socket.allocate(`9.9.9.${index + 1}`);
  await starting;
  const send = (destination: string, count = 1) => {
    const source = transport.route(destination)?.source ?? '9.9.9.9';
    const packet: Packet = { source, destination, port: 9899, trafficClass: 0, bytes: sctp() };
    transport.send(new Array(count).fill(packet));
  };
  return { clock, sockets, transport, host, send };
}
