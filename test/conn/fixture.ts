import { type Association, type Conn, type ConnOptions, conn, type SocketOptions, Stack } from '../../src/index.js';
import { type Network, scenario } from '../../src/simulated.js';

export const END = { address: 'conn', port: 5000 } as const;

/** Is called for each packet that is sent. The packet is lost if it returns false. */
export type Passes = (packet: Uint8Array, from: 'left' | 'right') => boolean;

export interface JoinOptions {
  readonly latencyMs?: number;
  readonly passes?: Passes;
  /** Returns what arrives instead of a packet. */
  readonly change?: (packet: Uint8Array) => Uint8Array;
  readonly path?: Omit<ConnOptions, 'onConnOutput' | 'path'>;
  readonly seed?: number;
}

/** Two stacks on the two ends of one path, in virtual time. */
export interface Joined {
  readonly network: Network;
  readonly left: Stack;
  readonly right: Stack;
  /** The bytes of each packet that was sent. */
  readonly sent: Uint8Array[];
}

/** Runs a test with two stacks that exchange packets as over DTLS. Without a latency each packet arrives at once. */
export function joined<T>(options: JoinOptions, body: (joined: Joined) => Promise<T>): Promise<T> {
  const { latencyMs, passes = () => true, change = (packet) => packet, path = {}, seed = 1 } = options;
  return scenario({ seed, limitMs: 1e7 }, async (network) => {
    const sent: Uint8Array[] = [];
    const ends: Partial<Record<'left' | 'right', Conn>> = {};
    const carry = (from: 'left' | 'right') => (packet: Uint8Array) => {
      sent.push(packet);
      if (!passes(packet, from)) return;
      const arrive = () => ends[from === 'left' ? 'right' : 'left']?.connInput(change(packet));
      if (latencyMs === undefined) arrive();
      else network.clock.schedule(latencyMs, arrive);
    };
    const stackOf = async (side: 'left' | 'right') => {
      ends[side] = conn({ ...path, onConnOutput: carry(side) });
      const random = network.host(side, [side === 'left' ? '10.0.0.1' : '10.0.0.2']).random;
      return network.standStill(Stack.create({ transport: ends[side], clock: network.clock, random }));
    };
    const [left, right] = [await stackOf('left'), await stackOf('right')];
    const result = await body({ network, left, right, sent });
    await Promise.all([left, right].flatMap(({ sockets }) => sockets).map((socket) => socket.close()));
    await Promise.all([left.close(), right.close()]);
    return result;
  });
}

/** Connects one end as WebRTC does: on port 5000, with as many streams as data channels may need. */
export function connect(stack: Stack, options: SocketOptions = {}): Promise<Association> {
  const streams = { outbound: 1024, inbound: 1024 };
  return stack.socket({ streams, ...options }).connect(END, { local: [END], timeoutMs: 60_000 });
}

/** Both ends connect at once. */
export async function bothConnect({ left, right }: Joined): Promise<[Association, Association]> {
  return Promise.all([connect(left), connect(right)]);
}
