// Are the targets met, and is what was reached still held? targets.mjs has both, results.mjs the numbers.

/** A noisy machine, or another one, may take a quarter of it. */
const LEFT = 3 / 4;

/** What has waited so much of its time for a processor tells of the machine: two ends need two processors. */
const BUSY = 0.05;

/** What a target is measured by: median, minimum and maximum; undefined when it wasn't. */
export function measured({ row, metric, contestant = 'ours', over, overMetric }, results) {
  if (over === undefined && overMetric === undefined) return results.summary(row, metric, contestant);
  const isQuiet = (repeat) =>
    [contestant, over ?? contestant].every((each) => (results.of(row, 'waited', each)[repeat] ?? 0) < BUSY);
  return results.ratio(row, metric, contestant, [row, overMetric ?? metric, over ?? contestant], isQuiet);
}

/** It was measured, but never while the machine had time for it. */
export function isDisturbed(target, results) {
  const { row, metric, contestant = 'ours', over = contestant } = target;
  const isThere = [contestant, over].every((each) => results.of(row, metric, each).length > 0);
  return isThere && measured(target, results) === undefined;
}

/** Does the target hold? By its median. */
export function isMet({ least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY }, { median }) {
  return median >= least && median <= most;
}

/** What a check asks for: a least or a most. */
export function floorOf({ least, most, held }) {
  return least === undefined ? { most: (held ?? most) / LEFT } : { least: (held ?? least) * LEFT };
}

/** Is it still held? By the best of the repeats: what can be reached once is there; noise only takes. */
export function isHeld(target, summary) {
  const { least, most } = floorOf(target);
  if (summary === undefined) return false;
  return least === undefined ? summary.min <= most : summary.max >= least;
}

/** The contestants that the targets of a row need. */
export function neededOf(targets, row) {
  const kin = targets.filter((target) => target.row === row);
  return new Set(kin.flatMap(({ contestant = 'ours', over = contestant }) => [contestant, over]));
}
