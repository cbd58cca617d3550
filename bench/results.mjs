// The samples of a run, and what follows from them.

export class Results {
  /** By row, metric and contestant: the numbers of the repeats, in their order. */
  samples = {};

  add({ name, metrics }, contestant, sample) {
    for (const [metric, { of }] of Object.entries(metrics)) {
      const row = this.samples[name] ?? {};
      const numbers = { ...row[metric], [contestant]: [...this.of(name, metric, contestant), of(sample)] };
      this.samples[name] = { ...row, [metric]: numbers };
    }
  }

  of(row, metric, contestant) {
    return this.samples[row]?.[metric]?.[contestant] ?? [];
  }

  /** The median, minimum and maximum; undefined where nothing was measured. */
  summary(row, metric, contestant) {
    return summaryOf(this.of(row, metric, contestant));
  }

  /** Of the ratios within each repeat that counts, which the same noise has hit. */
  ratio(row, metric, contestant, [otherRow, otherMetric, other], counts = (_repeat) => true) {
    const others = this.of(otherRow, otherMetric, other);
    const ratios = this.of(row, metric, contestant).map((number, repeat) => number / others[repeat]);
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
