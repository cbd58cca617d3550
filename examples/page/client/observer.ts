import type { Address } from 'usrsctp-wasm';
import type { PacketEvent } from './link.js';
import type { LinkSample, Sample } from './protocol.js';
import type { Session } from './session.js';

const BUSY_MS = 400;
const RATE_SAMPLES = 6;

/** Takes samples of the association and its links. */
export class Observer {
  readonly #session: Session;
  /** The link of each path, by the peer's address. */
  readonly #links = new Map<Address, number>();
  readonly #dataAtMs: number[];
  /** The bytes that the links had delivered at the last samples. */
  readonly #carried: { readonly atMs: number; readonly bytes: readonly number[] }[] = [];

  constructor(session: Session) {
    const { transport, association } = session;
    this.#session = session;
    this.#dataAtMs = transport.links.map(() => 0);
    for (const { address, local } of association.paths()) {
      this.#links.set(address, transport.linkOf(local)?.index ?? this.#links.size);
    }
  }

  linkOf(address: Address): number {
    return this.#links.get(address) ?? 0;
  }

  seen({ link, kind, isLost }: PacketEvent): void {
    if (kind === 'data' && !isLost) this.#dataAtMs[link] = performance.now();
  }

  sample(): Sample {
    const { association, conversation, transport } = this.#session;
    const now = performance.now();
    const rates = this.#rates(now);
    const paths = association.paths();
    const links = transport.links.map(
      ({ index, conditions, bytes }): LinkSample => ({
        path: paths.find(({ address }) => this.linkOf(address) === index),
        isCut: conditions.isCut,
        isBusy: now - (this.#dataAtMs[index] ?? 0) < BUSY_MS,
        bytes,
        rate: rates[index] ?? 0,
      }),
    );
    const { sent, echoed, missing, silenceMs } = conversation;
    return { state: association.state, links, sent, echoed, missing, silenceMs };
  }

  /** Bytes per second of each link, over the last samples. */
  #rates(now: number): number[] {
    const bytes = this.#session.transport.links.map((link) => link.bytes);
    const first = this.#carried[0] ?? { atMs: now - 1, bytes };
    this.#carried.push({ atMs: now, bytes });
    if (this.#carried.length > RATE_SAMPLES) this.#carried.shift();
    return bytes.map((total, link) => ((total - (first.bytes[link] ?? 0)) * 1000) / (now - first.atMs));
  }
}
