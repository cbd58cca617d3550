import type { MetricObjectWithValues, MetricValue } from 'prom-client';

/*
 * What is used of prom-client. The declarations of the package compile without prom-client, which is optional.
 */
type Labels<Label extends string> = Partial<Record<Label, string | number>>;

export interface Gauge<Label extends string = never> {
  set(value: number): void;
  set(labels: Labels<Label>, value: number): void;
}

export interface Counter<Label extends string = never> {
  inc(value?: number): void;
  inc(labels: Labels<Label>, value?: number): void;
  get(): Promise<{ readonly values: readonly { readonly labels: Labels<Label>; readonly value: number }[] }>;
}

interface Registry {
  metrics(): Promise<string>;
  getMetricsAsJSON(): Promise<readonly object[]>;
}

interface Configuration<Label extends string> {
  readonly name: string;
  readonly help: string;
  labelNames?: Label[];
  readonly aggregator?: 'max';
  /** Only prom-client's own type has all methods of its registries. */
  registers: never[];
}

export interface PromClient {
  readonly Registry: new () => Registry;
  readonly Gauge: new <Label extends string>(configuration: Configuration<Label>) => Gauge<Label>;
  readonly Counter: new <Label extends string>(configuration: Configuration<Label>) => Counter<Label>;
}

const PREFIX = 'usrsctp_relay_';
const RESTING_PORTS = 'UDP ports that are kept for their last subject.';

export const METRICS_ARE_OFF = 'relay: metrics are off: set the option `metrics`';

/** The metrics of one relay. The values of labels come from the code, never from clients, so that there are few. */
export class Metrics {
  readonly clients: Gauge;
  readonly connections: Gauge;
  readonly draining: Gauge;
  readonly restingPorts: Gauge;
  readonly connectionsTotal: Counter;
  readonly closings: Counter<'reason'>;
  readonly sessions: Counter<'kind'>;
  readonly arrived: Counter<'direction'>;
  /**
   * Datagrams that have arrived and are neither carried nor dropped yet. Plain numbers: they change twice for each
   * datagram.
   */
  readonly waiting = { out: 0, in: 0 };
  readonly datagrams: Counter<'direction'>;
  readonly bytes: Counter<'direction'>;
  readonly dropped: Counter<'direction' | 'reason'>;
  readonly refused: Counter<'reason'>;
  readonly #registry: Registry;
  readonly #waiting: Gauge<'direction'>;

  /** Loads prom-client, an optional peer dependency. Rejects if it isn't installed. */
  static async load(): Promise<Metrics> {
    try {
      return new Metrics(await import('prom-client'));
    } catch (cause) {
      throw new Error('relay: metrics need the package prom-client: run `npm install prom-client`', { cause });
    }
  }

  constructor({ Counter, Gauge, Registry }: PromClient) {
    const registry = new Registry();
    const registers = [registry] as never[];
    const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]): Gauge<Label> =>
      new Gauge({ name: `${PREFIX}${name}`, help, labelNames, registers });
    const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> =>
      new Counter({ name: `${PREFIX}${name}`, help, labelNames, registers });
    this.#registry = registry;
    this.clients = gauge('clients', 'Clients that have addresses, including those that may still resume.');
    this.connections = gauge('connections', 'Open WebSocket connections.');
    this.restingPorts = gauge('resting_ports', RESTING_PORTS);
    this.draining = new Gauge({
      name: `${PREFIX}draining`,
      help: '1 while the relay is draining.',
      registers,
      aggregator: 'max',
    });
    this.connectionsTotal = counter('connections_total', 'WebSocket connections accepted.');
    this.closings = counter('closings_total', 'Connections that the relay closed or refused.', 'reason');
    this.sessions = counter('sessions_total', 'Sessions, new and resumed.', 'kind');
    this.arrived = counter('arrived_total', 'Datagrams from clients (out) and from the network (in).', 'direction');
    this.#waiting = gauge(
      'waiting',
      'Datagrams that have arrived and are neither carried nor dropped yet.',
      'direction',
    );
    this.datagrams = counter(
      'datagrams_total',
      'Datagrams carried: taken by the network (out), received by clients (in).',
      'direction',
    );
    this.bytes = counter('bytes_total', 'Bytes of SCTP packets carried.', 'direction');
    this.dropped = counter('dropped_total', 'Datagrams dropped.', 'direction', 'reason');
    this.refused = counter('refused_total', 'Datagrams and permits refused, as clients are told.', 'reason');
  }

  /** The text exposition format of Prometheus, version 0.0.4. */
  text(): Promise<string> {
    this.#setWaiting();
    return this.#registry.metrics();
  }

  /** All values, for {@link MetricsSum}. */
  values(): Promise<readonly object[]> {
    this.#setWaiting();
    return this.#registry.getMetricsAsJSON();
  }

  #setWaiting(): void {
    for (const direction of ['out', 'in'] as const) this.#waiting.set({ direction }, this.waiting[direction]);
  }
}

type Values = MetricObjectWithValues<MetricValue<string>>[];

/**
 * The metrics of several workers together. The counters of a worker that has ended stay in the sum, so that it never decreases.
 * What waited in the worker counts as dropped.
 */
export class MetricsSum {
  readonly #last = new Map<number, Values>();
  #ended: Values[] = [];

  /** The values of a worker now. */
  note(worker: number, values: readonly object[]): void {
    this.#last.set(worker, values as Values);
  }

  /** The worker has ended. */
  ended(worker: number): void {
    const last = this.#last.get(worker);
    this.#last.delete(worker);
    if (last !== undefined) this.#ended.push(countersAtEnd(last));
  }

  /** Prometheus' text format. Rejects with TypeError if no worker keeps metrics. */
  async text({ restingPorts, workers }: { readonly restingPorts: number; readonly workers: number }): Promise<string> {
    if (this.#last.size + this.#ended.length === 0) throw new TypeError(METRICS_ARE_OFF);
    const { AggregatorRegistry, Gauge, Registry } = await import('prom-client');
    if (this.#ended.length > 1) this.#ended = [await AggregatorRegistry.aggregate(this.#ended).getMetricsAsJSON()];
    const own = new Registry();
    const gauge = (name: string, help: string) => new Gauge({ name: `${PREFIX}${name}`, help, registers: [own] });
    gauge('resting_ports', RESTING_PORTS).set(restingPorts);
    gauge('workers', 'Workers that take clients.').set(workers);
    const all = [...this.#last.values(), ...this.#ended, await own.getMetricsAsJSON()];
    return AggregatorRegistry.aggregate(all).metrics();
  }
}

function countersAtEnd(values: Values): Values {
  const waiting = values.find(({ name }) => name === `${PREFIX}waiting`)?.values ?? [];
  const lost = waiting
    .filter(({ value }) => value > 0)
    .map(({ labels, value }) => ({ labels: { ...labels, reason: 'worker_ended' }, value }));
  return values
    .filter(({ type }) => String(type) === 'counter')
    .map((each) => (each.name === `${PREFIX}dropped_total` ? { ...each, values: [...each.values, ...lost] } : each));
}
