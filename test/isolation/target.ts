/** A message of the honest peers. Its number is also its PPID. */
export interface HonestMessage {
  readonly number: number;
  readonly stream: number;
  readonly unordered: boolean;
  readonly length: number;
  /** Retransmissions after which it is abandoned; none are needed. */
  readonly retransmits?: number;
}

/** A message that has arrived. */
export interface Arrived extends Omit<HonestMessage, 'retransmits'> {
  /** Whether its bytes are the pattern of {@link seedOf}. */
  readonly isWhole: boolean;
}

export type Side = 'client' | 'server';
export const SIDES = ['client', 'server'] as const;

/** The seed of a message's `pattern`. */
export const seedOf = (from: Side, number: number): number => 2 * number + (from === 'client' ? 1 : 2);

/** An action of the server's program on an association of the hostile peer. */
export type Act = 'send' | 'reset' | 'peeloff' | 'shutdown' | 'abort';

export interface ForgedPacket {
  readonly source: string;
  readonly destination: string;
  readonly packet: Uint8Array;
}

/** Options of the socket that both peers send to. */
export interface TargetOptions {
  readonly interleaving: boolean;
  readonly receiveBufferBytes: number | undefined;
  readonly sendBufferBytes: number | undefined;
  readonly peerMayReset: 'nothing' | 'streams' | 'association';
  /** Whether the association of the honest peer is peeled off. */
  readonly isPeeledOff: boolean;
  /** Whether the server's program leaves messages of the hostile peer unread, so that they may fill shared buffers. */
  readonly isUnread: boolean;
}

/** A one-to-many socket with an association of an honest peer; others send packets to it. Time is virtual. */
export interface Target {
  /** The time, in ms. */
  readonly nowMs: number;
  /** Injects a packet with a forged source address. */
  inject(packet: ForgedPacket): void;
  advance(ms: number): Promise<void>;
  /** The packets sent to the hostile peer since the last call. */
  answers(): readonly Uint8Array[];
  /** Sends a message from one end of the honest association to the other. */
  send(from: Side, message: HonestMessage): void;
  /** The messages that arrived at an end of the honest association since the last call. */
  arrived(at: Side): readonly Arrived[];
  /** The server's program acts on an association of the hostile peer. */
  act(what: Act, stream: number, bytes: number): void;
  /** The number of messages that the server's program has received from the hostile peer. */
  readonly received: number;
  /** Closes its sockets. */
  end(): Promise<void>;
}

/** The stacks and the network that successive targets use. */
export interface Hosts {
  target(options: TargetOptions): Promise<Target>;
  /** Ends the stacks; resolves with the bytes that are left. */
  end(): Promise<number>;
}
