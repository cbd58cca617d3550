import type { StackStatistics } from '../socket/stack-statistics.js';

type Counters = Record<string, Record<string, number>>;

/** The sum of the counters of several stacks; `undefined` if there are none. */
export function sumOf(all: readonly StackStatistics[]): StackStatistics | undefined {
  if (all.length === 0) return undefined;
  const sum: Counters = {};
  for (const statistics of all as readonly unknown[] as readonly Counters[]) {
    for (const [group, counters] of Object.entries(statistics)) {
      const total = sum[group] ?? {};
      sum[group] = total;
      for (const [name, value] of Object.entries(counters)) total[name] = (total[name] ?? 0) + value;
    }
  }
  return sum as unknown as StackStatistics;
}
