import type { Metrics } from './metrics.js';

/** `out`: from the client to the network; `in`: the other way. */
export type Direction = 'out' | 'in';

/** Why a datagram is dropped, by direction. */
export const DROP_REASONS = {
  out: [
    'rate',
    'total_rate',
    'queue_full',
    'refused',
    'not_sctp',
    'no_source',
    'too_large',
    'network',
    'session_ended',
    'worker_ended',
  ],
  in: [
    'rate',
    'total_rate',
    'queue_full',
    'unsolicited',
    'not_sctp',
    'no_association',
    'too_large',
    'not_connected',
    'connection_lost',
    'worker_ended',
  ],
} as const;

export type DropReason<Of extends Direction> = (typeof DROP_REASONS)[Of][number];

/**
 * Counts the datagrams of one client in one direction. Each one that arrives waits until it is carried or dropped, so
 * that at any time those that have arrived are those carried, dropped and waiting.
 */
export class Traffic<Of extends Direction> {
  readonly #metrics: Metrics | undefined;
  readonly #labels: { readonly direction: Of };

  constructor(metrics: Metrics | undefined, direction: Of) {
    this.#metrics = metrics;
    this.#labels = { direction };
  }

  arrived(): void {
    this.#metrics?.arrived.inc(this.#labels);
    this.#wait(1);
  }

  /** `bytes`: of the SCTP packets. */
  carried(datagrams: number, bytes: number): void {
    if (datagrams === 0) return;
    this.#metrics?.datagrams.inc(this.#labels, datagrams);
    this.#metrics?.bytes.inc(this.#labels, bytes);
    this.#wait(-datagrams);
  }

  dropped(reason: DropReason<Of>, datagrams = 1): void {
    if (datagrams === 0) return;
    this.#metrics?.dropped.inc({ ...this.#labels, reason }, datagrams);
    this.#wait(-datagrams);
  }

  #wait(change: number): void {
    if (this.#metrics !== undefined) this.#metrics.waiting[this.#labels.direction] += change;
  }
}
