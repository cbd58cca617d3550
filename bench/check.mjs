// The short form, for CI: is what targets.mjs says still held? About two minutes on an idle machine.
import { isDisturbed, isHeld, measured, neededOf } from './judge.mjs';
import { measure, tell } from './measure.mjs';
import { Results } from './results.mjs';
import { rows } from './rows.mjs';
import { targetLines } from './table.mjs';
import { targets } from './targets.mjs';

const MS = 300;
/** A row that fails is measured again, longer: noise goes away, what has become slow doesn't. */
const TRIES = [
  { ms: MS, repeats: 2 },
  { ms: 2 * MS, repeats: 2 },
  { ms: 4 * MS, repeats: 4 },
];

/** Prints the table of the chosen rows' targets; true when all are held that the machine had time for. */
export async function check(isChosen, print) {
  const results = new Results();
  const chosen = targets.filter(({ row, check = true }) => check && isChosen(row));
  let failing = chosen;
  for (const { ms, repeats } of TRIES) {
    if (failing.length < chosen.length) tell(`measures again: ${failing.map(({ text }) => text).join('; ')}`);
    await measureRows(failing, results, ms, repeats);
    failing = chosen.filter((target) => !isHeld(target, measured(target, results)));
    if (failing.length === 0) break;
  }
  print(...targetLines(chosen, results));
  const disturbed = failing.filter((target) => isDisturbed(target, results));
  for (const { text } of disturbed) tell(`not judged, so busy is the machine: ${text}`);
  const lost = failing.filter((target) => !disturbed.includes(target));
  for (const { text } of lost) tell(`not held: ${text}`);
  return lost.length === 0;
}

async function measureRows(some, results, ms, repeats) {
  for (const row of rows(ms)) {
    const needed = neededOf(some, row.name);
    const contestants = Object.entries(row.contestants).filter(([name]) => needed.has(name));
    if (contestants.length > 0)
      await measure({ ...row, contestants: Object.fromEntries(contestants) }, results, repeats);
  }
}
