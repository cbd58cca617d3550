/** A message of the honest peers. Its number is its PPID, too. */
export interface HonestMessage {
  readonly number: number;
  readonly stream: number;
  readonly unordered: boolean;
  readonly length: number;
  /** Retransmissions after which it is given up; none are needed. */
  readonly retransmits?: number;
}

/** A message as it has arrived. */
export interface Arrived extends Omit<HonestMessage, 'retransmits'> {
  /** Whether its bytes are those that {@link seedOf} stands for. */
  readonly isWhole: boolean;
}

export type Side = 'client' | 'server';
export const SIDES = ['client', 'server'] as const;

/** What the `pattern` of a message is made from. */
export const seedOf = (from: Side, number: number): number => 2 * number + (from === 'client' ? 1 : 2);

/** What the server's program does to the associations of the hostile peer. */
export type Act = 'send' | 'reset' | 'peeloff' | 'shutdown' | 'abort';

export interface ForgedPacket {
  readonly source: string;
  readonly destination: string;
  readonly packet: Uint8Array;
}

/** How the socket that both peers talk to is made. */
export interface TargetOptions {
  readonly interleaving: boolean;
  readonly receiveBufferBytes: number | undefined;
  readonly sendBufferBytes: number | undefined;
  readonly peerMayReset: 'nothing' | 'streams' | 'association';
  /** Whether the association of the honest peer is peeled off. */
  readonly isPeeledOff: boolean;
  /** Whether the server's program receives nothing of the hostile peer, which may then fill what it shares. */
  readonly isUnread: boolean;
}

/** A one-to-many socket with an association of an honest peer, which others send packets to. Time is virtual. */
export interface Target {
  /** The time, in ms. */
  readonly nowMs: number;
  /** Hands a packet over, as if it had come from there. */
  inject(packet: ForgedPacket): void;
  advance(ms: number): Promise<void>;
  /** What has been sent to the hostile peer since the last call. */
  answers(): readonly Uint8Array[];
  /** Sends a message from one end of the honest association to the other. */
  send(from: Side, message: HonestMessage): void;
  /** What has arrived at an end of the honest association since the last call. */
  arrived(at: Side): readonly Arrived[];
  /** The server's program acts on an association of the hostile peer. */
  act(what: Act, stream: number, bytes: number): void;
  /** Messages that the server's program has received from the hostile peer. */
  readonly received: number;
  /** Closes its sockets. */
  end(): Promise<void>;
}

/** What one target after the other stands on. */
export interface Hosts {
  target(options: TargetOptions): Promise<Target>;
  /** Ends them; resolves to the bytes that are left. */
  end(): Promise<number>;
}
