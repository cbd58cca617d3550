/** Every metric of a relay: its name, kind, labels and what it counts. */
const METRICS: Readonly<
  Record<MetricName, readonly [kind: 'gauge' | 'counter', labels: readonly string[], help: string]>
> = {
  clients: ['gauge', [], 'Clients with addresses, those that may come back included.'],
  connections: ['gauge', [], 'Open WebSocket connections.'],
  connections_total: ['counter', [], 'WebSocket connections accepted.'],
  closings_total: ['counter', ['reason'], 'Connections ended or refused by the relay.'],
  sessions_total: ['counter', ['kind'], 'Sessions begun (new) and gone on with (resumed).'],
  datagrams_total: ['counter', ['direction'], 'Datagrams carried: out to the network, in from it.'],
  bytes_total: ['counter', ['direction'], 'Bytes of SCTP packets carried.'],
  dropped_total: ['counter', ['direction', 'reason'], 'Datagrams dropped.'],
  refused_total: ['counter', ['reason'], 'Datagrams and permits refused, as clients are told.'],
  draining: ['gauge', [], '1 while the relay is being stopped.'],
};

export type MetricName =
  | 'clients'
  | 'connections'
  | 'connections_total'
  | 'closings_total'
  | 'sessions_total'
  | 'datagrams_total'
  | 'bytes_total'
  | 'dropped_total'
  | 'refused_total'
  | 'draining';

const PREFIX = 'usrsctp_relay_';

/** Counts what happens. Values of labels come from the code, never from clients, so that there are few. */
export class Metrics {
  readonly #values = new Map<MetricName, Map<string, number>>();

  /** Adds to a metric; the labels are in the order of its table. */
  add(name: MetricName, amount: number, ...labels: readonly string[]): void {
    const series = this.#series(name);
    const key = labels.length > 1 ? labels.join('\n') : (labels[0] ?? '');
    series.set(key, (series.get(key) ?? 0) + amount);
  }

  set(name: MetricName, value: number): void {
    this.#series(name).set('', value);
  }

  /** What a metric stands at; 0 when nothing was counted. */
  value(name: MetricName, ...labels: readonly string[]): number {
    return this.#values.get(name)?.get(labels.join('\n')) ?? 0;
  }

  /** The text exposition format of Prometheus, version 0.0.4. */
  text(): string {
    const lines: string[] = [];
    for (const [name, [kind, labels, help]] of Object.entries(METRICS)) {
      lines.push(`# HELP ${PREFIX}${name} ${help}`, `# TYPE ${PREFIX}${name} ${kind}`);
      const series = this.#values.get(name as MetricName) ?? new Map<string, number>();
      if (series.size === 0 && labels.length === 0) lines.push(`${PREFIX}${name} 0`);
      for (const [key, value] of series) lines.push(`${PREFIX}${name}${labelText(labels, key)} ${value}`);
    }
    return `${lines.join('\n')}\n`;
  }

  #series(name: MetricName): Map<string, number> {
    let series = this.#values.get(name);
    if (series === undefined) {
      series = new Map();
      this.#values.set(name, series);
    }
    return series;
  }
}

function labelText(labels: readonly string[], key: string): string {
  if (labels.length === 0) return '';
  const values = key.split('\n');
  return `{${labels.map((label, index) => `${label}="${values[index] ?? ''}"`).join(',')}}`;
}
