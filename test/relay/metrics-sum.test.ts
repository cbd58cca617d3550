import client from 'prom-client';
import { expect, test } from 'vitest';
import { Metrics, MetricsSum } from '../../src/relay/metrics.js';

const PREFIX = 'usrsctp_relay_';

/** A worker to which ten datagrams have come in each direction: seven were carried, one was dropped, and two wait. */
function worker(): Metrics {
  const metrics = new Metrics(client);
  for (const direction of ['out', 'in'] as const) {
    metrics.arrived.inc({ direction }, 10);
    metrics.datagrams.inc({ direction }, 7);
    metrics.dropped.inc({ direction, reason: 'rate' });
    metrics.waiting[direction] = 2;
  }
  return metrics;
}

async function valuesOf(sum: MetricsSum): Promise<(name: string) => number> {
  const text = await sum.text({ restingPorts: 0, workers: 1 });
  return (name) => {
    const lines = text.split('\n').filter((line) => line.startsWith(`${PREFIX}${name}`));
    return lines.reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
  };
}

test('what waited in workers that have ended counts as dropped, so that the sums still agree', async () => {
  const sum = new MetricsSum();
  for (const [index, metrics] of [worker(), worker(), worker()].entries()) sum.note(index, await metrics.values());
  for (const ended of [0, 1]) {
    sum.ended(ended);
    const value = await valuesOf(sum);
    for (const direction of ['out', 'in']) {
      const of = (name: string) => value(`${name}{direction="${direction}"`);
      expect(of('arrived_total')).toBe(30);
      expect(of('datagrams_total') + of('dropped_total') + of('waiting')).toBe(30);
      expect(of('waiting')).toBe(2 * (2 - ended));
      expect(value(`dropped_total{direction="${direction}",reason="worker_ended"}`)).toBe(2 * (1 + ended));
    }
  }
});
