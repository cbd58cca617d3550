/** What one or more messages carry. */
export interface Load {
  readonly datagrams: number;
  /** Bytes of the SCTP packets. */
  readonly bytes: number;
  /** Bytes of the messages. */
  readonly messageBytes: number;
}

interface Mark {
  readonly id: number;
  readonly load: Load;
  readonly sentAtMs: number;
}

const NOTHING: Load = { datagrams: 0, bytes: 0, messageBytes: 0 };
/** A ping is due at the latest when this much has been sent since the last one. */
const PING_BYTES = 65_536;

/**
 * What has been written to a WebSocket and has not been received yet. The kernel takes megabytes for a client that
 * doesn't read, and doesn't tell. So WebSocket pings (RFC 6455 §5.5.2) are sent among the messages: when a pong comes
 * back, everything before its ping has been received. Runtimes answer pings by themselves.
 */
export class InFlight {
  readonly #marks: Mark[] = [];
  /** Sent since the last ping. */
  #unmarked: Load = NOTHING;
  #messageBytes = 0;
  #lastId = 0;
  #leastRttMs = Number.POSITIVE_INFINITY;

  /** Bytes of messages that have not been received, as far as pongs show it. */
  get messageBytes(): number {
    return this.#messageBytes;
  }

  /** The shortest round trip of a ping; infinite before the first pong. */
  get leastRttMs(): number {
    return this.#leastRttMs;
  }

  get isPingDue(): boolean {
    return this.#unmarked.messageBytes >= PING_BYTES;
  }

  /** Whether something has been sent since the last ping. */
  get hasUnmarked(): boolean {
    return this.#unmarked.messageBytes > 0;
  }

  sent(load: Load): void {
    this.#unmarked = sum(this.#unmarked, load);
    this.#messageBytes += load.messageBytes;
  }

  /** The payload of a ping that is sent now. */
  ping(nowMs: number): Uint8Array {
    const id = (this.#lastId + 1) >>> 0;
    this.#lastId = id;
    this.#marks.push({ id, load: this.#unmarked, sentAtMs: nowMs });
    this.#unmarked = NOTHING;
    const payload = new Uint8Array(4);
    new DataView(payload.buffer).setUint32(0, id);
    return payload;
  }

  /** What a pong shows to have been received. A pong with any other payload shows nothing. */
  pong(payload: Uint8Array, nowMs: number): Load {
    if (payload.length !== 4) return NOTHING;
    const id = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
    const index = this.#marks.findIndex((mark) => mark.id === id);
    const marks = this.#marks.splice(0, index + 1);
    const received = marks.reduce((all, { load }) => sum(all, load), NOTHING);
    this.#messageBytes -= received.messageBytes;
    const sentAtMs = marks.at(-1)?.sentAtMs;
    if (sentAtMs !== undefined) this.#leastRttMs = Math.min(this.#leastRttMs, nowMs - sentAtMs);
    return received;
  }

  /** The connection was lost. Returns what isn't known to have been received, and forgets it. */
  lost(): Load {
    const all = this.#marks.splice(0).reduce((before, { load }) => sum(before, load), this.#unmarked);
    this.#unmarked = NOTHING;
    this.#messageBytes = 0;
    this.#leastRttMs = Number.POSITIVE_INFINITY;
    return all;
  }
}

function sum(one: Load, other: Load): Load {
  return {
    datagrams: one.datagrams + other.datagrams,
    bytes: one.bytes + other.bytes,
    messageBytes: one.messageBytes + other.messageBytes,
  };
}
