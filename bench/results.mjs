// The samples of a run, and what is computed from them.

export class Results {
  /** By row, metric and implementation: the numbers of the repeats, in order. */
  samples = {};

  add({ name, metrics }, implementation, sample) {
    for (const [metric, { of }] of Object.entries(metrics)) {
      const row = this.samples[name] ?? {};
      const numbers = { ...row[metric], [implementation]: [...this.of(name, metric, implementation), of(sample)] };
      this.samples[name] = { ...row, [metric]: numbers };
    }
  }

  of(row, metric, implementation) {
    return this.samples[row]?.[metric]?.[implementation] ?? [];
  }

  /** The median, minimum and maximum. undefined if nothing was measured. */
  summary(row, metric, implementation) {
    return summaryOf(this.of(row, metric, implementation));
  }

  /** The same of the ratios within each repeat that counts: both numbers of a repeat are affected by the same noise. */
  ratio(row, metric, implementation, [otherRow, otherMetric, other], counts = (_repeat) => true) {
    const others = this.of(otherRow, otherMetric, other);
    const ratios = this.of(row, metric, implementation).map((number, repeat) => number / others[repeat]);
    return summaryOf(ratios.filter((ratio, repeat) => Number.isFinite(ratio) && counts(repeat)));
  }
}

function summaryOf(numbers) {
  if (numbers.length === 0) return undefined;
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}
