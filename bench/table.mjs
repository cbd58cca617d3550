// The results as text: a table of what was measured, and one of the targets.
import { holds, targets } from './targets.mjs';

/** Lines of the table of one row. */
export function rowLines({ name, label, metrics, contestants }, results) {
  return Object.entries(metrics).flatMap(([metric, { unit }], index) =>
    Object.keys(contestants).map((contestant, place) => {
      const head = index === 0 && place === 0 ? label : '';
      const what = place === 0 ? unit : '';
      return `${head.padEnd(66)}${what.padEnd(14)}${contestant.padEnd(14)}${spread(results.summary(name, metric, contestant))}`;
    }),
  );
}

/** The targets that were measured. */
export function targetLines(results) {
  const lines = targets.flatMap((target) => {
    const summary = target.measure(results);
    if (summary === undefined) return [];
    const limit = target.least === undefined ? `≤ ${digits(target.most)}` : `≥ ${digits(target.least)}`;
    const verdict = holds(target, summary) ? 'yes' : 'no';
    return `${target.text.padEnd(58)}${limit.padEnd(10)}${verdict.padEnd(5)}${spread(summary)}`;
  });
  return lines.length === 0
    ? []
    : [`${'target'.padEnd(58)}${'limit'.padEnd(10)}${'met'.padEnd(5)}median (min – max)`, ...lines];
}

export function spread(summary) {
  if (summary === undefined) return 'failed'.padStart(9);
  const { median, min, max } = summary;
  return digits(median).padStart(9) + (min === max ? '' : `  (${digits(min)} – ${digits(max)})`);
}

/** Three significant digits, but no rounding before the point. */
export function digits(number) {
  return number >= 100 ? number.toFixed(0) : String(Number(number.toPrecision(3)));
}
