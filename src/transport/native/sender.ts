import type { Clock } from '../../clock.js';
import type { Packet } from '../../packet.js';
import { LastPackets } from '../udp/last-packets.js';
import type { OutgoingMessages } from './outgoing.js';

/** The most packets that wait until the kernel's send buffer has room. */
const MOST_WAITING = 4096;
/** How often a message is tried again after errors of others that the kernel reports at this occasion. */
const MOST_REPEATS = 3;

/** What a sender uses. */
export interface SenderParts {
  readonly fd: number;
  readonly messages: OutgoingMessages;
  readonly clock: Clock;
  /** Whether the kernel may be asked to divide messages. */
  readonly hasSegmentation: boolean;
  /** What a negative result means. */
  readonly errnoName: (result: number) => string;
  /** Sets or clears the don't-fragment bit of the packets that follow. */
  setFragmentable(isFragmentable: boolean): void;
  /** Calls `writable` back once the kernel's buffer has room, or no longer. */
  watch(isWriteAsked: boolean): void;
  /** Reads what ICMP has reported. Returns true if there was something. */
  readErrors(): boolean;
  /** The kernel has refused a packet. */
  failed(packet: Packet, errno: string): void;
}

/**
 * Passes packets to the kernel in batches, and in order. If the send buffer is full, the others wait, up to 4,096 of them.
 *
 *     send ─► sendmmsg ─┬─ taken
 *                       ├─ EAGAIN ─► waiting ─► writable ─► sendmmsg
 *                       ├─ error of joined packets ─► the same packets one by one
 *                       └─ error of one packet ─► dropped, counted, reported; the next ones follow
 */
export class BatchSender {
  readonly #parts: SenderParts;
  readonly #last = new LastPackets();
  #hasSegmentation: boolean;
  #waiting: Packet[] = [];
  #dropped = 0;
  #isOver = false;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#hasSegmentation = parts.hasSegmentation;
  }

  /** How many packets weren't sent. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether the kernel divides messages into packets. */
  get hasSegmentation(): boolean {
    return this.#hasSegmentation;
  }

  send(packets: readonly Packet[]): void {
    if (this.#waiting.length === 0) this.#wait(packets, this.#transmit(packets));
    else this.#wait(packets, 0);
  }

  /** The kernel's buffer has room. */
  writable(): void {
    if (this.#waiting.length === 0) return;
    const packets = this.#waiting;
    const sent = this.#transmit(packets);
    this.#waiting = packets.slice(sent);
    if (this.#waiting.length > 0) return;
    this.#parts.watch(false);
    this.#last.accepted();
  }

  /** Resolves when the kernel has taken all packets. After a second, those that still wait are dropped and counted. */
  async finish(): Promise<void> {
    if (this.#waiting.length > 0) await this.#last.wait(this.#parts.clock);
    this.#isOver = true;
    this.#dropped += this.#waiting.length;
    this.#waiting = [];
  }

  /** Queues the packets from an index on. */
  #wait(packets: readonly Packet[], first: number): void {
    if (first >= packets.length) return;
    const room = this.#isOver ? 0 : MOST_WAITING - this.#waiting.length;
    if (this.#waiting.length === 0 && room > 0) this.#parts.watch(true);
    const end = Math.min(packets.length, first + room);
    for (let index = first; index < end; index++) {
      const packet = packets[index];
      if (packet !== undefined) this.#waiting.push(packet);
    }
    this.#dropped += packets.length - end;
  }

  /** Sends packets until the kernel has no room. Returns the index of the first that wasn't sent. */
  #transmit(packets: readonly Packet[]): number {
    const progress: Progress = { next: 0, singleUntil: 0, repeats: 0, joined: 1 };
    while (progress.next < packets.length) {
      const result = this.#pass(packets, progress);
      if (result < 0 && !this.#goOn(packets, progress, this.#parts.errnoName(result))) break;
    }
    return progress.next;
  }

  /** Passes as many packets as there is room for in one call. Returns a negative errno if the kernel hasn't taken all. */
  #pass(packets: readonly Packet[], progress: Progress): number {
    const { messages, fd, setFragmentable } = this.#parts;
    const isFragmentable = packets[progress.next]?.mayBeFragmented === true;
    messages.fill(packets, progress.next, this.#hasSegmentation && progress.next >= progress.singleUntil);
    if (isFragmentable) setFragmentable(true);
    let result = 0;
    for (let taken = 0; taken < messages.counts.length && result >= 0; ) {
      result = messages.send(fd, taken);
      for (let i = 0; i < result; i++) progress.next += messages.counts[taken++] ?? 1;
      progress.joined = messages.counts[taken] ?? 1;
      if (result > 0) progress.repeats = 0;
    }
    if (isFragmentable) setFragmentable(false);
    return result;
  }

  /** Handles an error of the packet that is next. Returns false if the kernel has no room. */
  #goOn(packets: readonly Packet[], progress: Progress, errno: string): boolean {
    if (errno === 'EAGAIN') return false;
    if (errno === 'EINTR') return true;
    if (progress.joined > 1) {
      progress.singleUntil = progress.next + progress.joined;
      // EIO: the device doesn't compute checksums. EINVAL: the kernel doesn't know UDP_SEGMENT, or accepts fewer segments.
      if (errno === 'EIO' || errno === 'EINVAL') this.#hasSegmentation = false;
      return true;
    }
    if (this.#parts.readErrors() && progress.repeats++ < MOST_REPEATS) return true;
    const packet = packets[progress.next++];
    progress.repeats = 0;
    this.#dropped++;
    if (packet !== undefined) this.#parts.failed(packet, errno);
    return true;
  }
}

/** How far a batch has been sent. */
interface Progress {
  /** The index of the next packet. */
  next: number;
  /** Packets up to this index aren't joined, since the kernel has refused them joined. */
  singleUntil: number;
  /** How often the next packet has been tried again. */
  repeats: number;
  /** How many packets were joined with the next one when it was refused. */
  joined: number;
}
