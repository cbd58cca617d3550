// Evaluates the results (results.mjs) against the targets (targets.mjs): which are met, and which have become worse.

/** A noisy or a slower machine may cost a quarter of a result. */
const TOLERANCE = 3 / 4;

/** If a process has waited for a processor for more than this share of the time, the sample describes the machine. */
const MOST_WAITED = 0.05;

/** The number that a target is about: its median, minimum and maximum. undefined if it wasn't measured. */
export function measured({ row, metric, implementation = 'ours', over, overMetric }, results) {
  if (over === undefined && overMetric === undefined) return results.summary(row, metric, implementation);
  const isQuiet = (repeat) =>
    [implementation, over ?? implementation].every(
      (each) => (results.of(row, 'waited', each)[repeat] ?? 0) < MOST_WAITED,
    );
  return results.ratio(row, metric, implementation, [row, overMetric ?? metric, over ?? implementation], isQuiet);
}

/** Whether the target was measured, but only while the machine was too busy. */
export function isDisturbed(target, results) {
  const { row, metric, implementation = 'ours', over = implementation } = target;
  const isMeasured = [implementation, over].every((each) => results.of(row, metric, each).length > 0);
  return isMeasured && measured(target, results) === undefined;
}

/** Whether the median reaches the target. */
export function isMet({ least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY }, { median }) {
  return median >= least && median <= most;
}

/** The least or the most that a check requires. */
export function requiredOf({ least, most, held }) {
  return least === undefined ? { most: (held ?? most) / TOLERANCE } : { least: (held ?? least) * TOLERANCE };
}

/**
 * Whether the best repeat reaches what a check requires. The best one counts because noise only makes results worse.
 */
export function isHeld(target, summary) {
  const { least, most } = requiredOf(target);
  if (summary === undefined) return false;
  return least === undefined ? summary.min <= most : summary.max >= least;
}

/** The implementations that the targets of a row need. */
export function neededOf(targets, row) {
  const ofRow = targets.filter((target) => target.row === row);
  return new Set(ofRow.flatMap(({ implementation = 'ours', over = implementation }) => [implementation, over]));
}
