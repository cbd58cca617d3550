import type { Address } from 'usrsctp-wasm';
import type { Sighting } from './lane.js';
import type { LaneSample, Sample } from './protocol.js';
import type { Session } from './session.js';

const BUSY_MS = 400;
const RATE_SAMPLES = 6;

/** Looks at the association and its cables every now and then. */
export class Observer {
  readonly #session: Session;
  /** By the peer's address; a path keeps its lane. */
  readonly #lanes = new Map<Address, number>();
  readonly #dataAtMs: number[];
  /** What the cables had carried in the last so many samples. */
  readonly #carried: { readonly atMs: number; readonly bytes: readonly number[] }[] = [];

  constructor(session: Session) {
    const { wires, association } = session;
    this.#session = session;
    this.#dataAtMs = wires.lanes.map(() => 0);
    for (const { address, local } of association.paths()) {
      this.#lanes.set(address, wires.laneOf(local)?.index ?? this.#lanes.size);
    }
  }

  laneOf(address: Address): number {
    return this.#lanes.get(address) ?? 0;
  }

  seen({ lane, kind, isLost }: Sighting): void {
    if (kind === 'data' && !isLost) this.#dataAtMs[lane] = performance.now();
  }

  sample(): Sample {
    const { association, conversation, wires } = this.#session;
    const now = performance.now();
    const rates = this.#rates(now);
    const paths = association.paths();
    const lanes = wires.lanes.map(
      ({ index, conditions, bytes }): LaneSample => ({
        path: paths.find(({ address }) => this.laneOf(address) === index),
        isCut: conditions.isCut,
        isBusy: now - (this.#dataAtMs[index] ?? 0) < BUSY_MS,
        bytes,
        rate: rates[index] ?? 0,
      }),
    );
    const { sent, echoed, missing, silenceMs } = conversation;
    return { state: association.state, lanes, sent, echoed, missing, silenceMs };
  }

  /** Bytes per second of each cable, over the last samples. */
  #rates(now: number): number[] {
    const bytes = this.#session.wires.lanes.map((lane) => lane.bytes);
    const first = this.#carried[0] ?? { atMs: now - 1, bytes };
    this.#carried.push({ atMs: now, bytes });
    if (this.#carried.length > RATE_SAMPLES) this.#carried.shift();
    return bytes.map((total, lane) => ((total - (first.bytes[lane] ?? 0)) * 1000) / (now - first.atMs));
  }
}
