// The short form for CI: do the results still reach what targets.mjs asks? It takes two minutes on an idle machine.
import { isDisturbed, isHeld, measured, neededOf } from './evaluate.mjs';
import { log, measure } from './measure.mjs';
import { Results } from './results.mjs';
import { rows } from './rows.mjs';
import { targetLines } from './table.mjs';
import { targets } from './targets.mjs';

const MS = 300;
/** A row that fails is measured again, for longer: noise goes away, a regression doesn't. */
const TRIES = [
  { ms: MS, repeats: 2 },
  { ms: 2 * MS, repeats: 2 },
  { ms: 4 * MS, repeats: 4 },
];

/**
 * Prints a table of the chosen rows' targets. Resolves to true if each target is reached that could be measured: the
 * others are those that the machine was too busy for.
 */
export async function check(isChosen, print) {
  const results = new Results();
  const chosen = targets.filter(({ row, check = true }) => check && isChosen(row));
  let failing = chosen;
  for (const { ms, repeats } of TRIES) {
    if (failing.length < chosen.length) log(`measures again: ${failing.map(({ text }) => text).join('; ')}`);
    await measureRows(failing, results, ms, repeats);
    failing = chosen.filter((target) => !isHeld(target, measured(target, results)));
    if (failing.length === 0) break;
  }
  print(...targetLines(chosen, results));
  const disturbed = failing.filter((target) => isDisturbed(target, results));
  for (const { text } of disturbed) log(`not evaluated, because the machine was too busy: ${text}`);
  const lost = failing.filter((target) => !disturbed.includes(target));
  for (const { text } of lost) log(`below what is required: ${text}`);
  return lost.length === 0;
}

async function measureRows(failing, results, ms, repeats) {
  for (const row of rows(ms)) {
    const needed = neededOf(failing, row.name);
    const implementations = Object.entries(row.implementations).filter(([name]) => needed.has(name));
    if (implementations.length > 0)
      await measure({ ...row, implementations: Object.fromEntries(implementations) }, results, repeats);
  }
}
