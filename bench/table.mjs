// The results as text: a table of the measurements, and one of the targets.
import { isHeld, isMet, measured, requiredOf } from './evaluate.mjs';

/** Lines of the table of one row. */
export function rowLines({ name, label, metrics, implementations }, results) {
  const shown = Object.entries(metrics).filter(([, { unit }]) => unit !== undefined);
  return shown.flatMap(([metric, { unit }], index) =>
    Object.keys(implementations).map((implementation, place) => {
      const head = index === 0 && place === 0 ? label : '';
      const what = place === 0 ? unit : '';
      return `${head.padEnd(66)}${what.padEnd(14)}${implementation.padEnd(14)}${spread(results.summary(name, metric, implementation))}`;
    }),
  );
}

/** The targets that were measured: what is asked, what a check requires, and whether each is reached. */
export function targetLines(targets, results) {
  const lines = targets.flatMap((target) => {
    const summary = measured(target, results);
    if (summary === undefined) return [];
    const verdicts = [limit(target), isMet(target, summary) ? 'yes' : 'no', limit(requiredOf(target))];
    const [asked, met, required] = verdicts.map((each, index) => each.padEnd(index === 1 ? 5 : 10));
    return `${target.text.padEnd(58)}${asked}${met}${required}${isHeld(target, summary) ? 'yes' : 'NO '}  ${spread(summary)}`;
  });
  const head = `${'target'.padEnd(58)}${'asked'.padEnd(10)}${'met'.padEnd(5)}${'required'.padEnd(10)}held  median (min – max)`;
  return lines.length === 0 ? [] : [head, ...lines];
}

export function spread(summary) {
  if (summary === undefined) return 'failed'.padStart(9);
  const { median, min, max } = summary;
  return digits(median).padStart(9) + (min === max ? '' : `  (${digits(min)} – ${digits(max)})`);
}

/** Three significant digits; digits before the decimal point are never rounded. */
export function digits(number) {
  return number >= 100 ? number.toFixed(0) : String(Number(number.toPrecision(3)));
}

function limit({ least, most }) {
  if (least === undefined && most === undefined) return '–';
  return least === undefined ? `≤ ${digits(most)}` : `≥ ${digits(least)}`;
}
