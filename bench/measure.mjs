// Takes the samples of a row.

/**
 * The implementations take turns, A B A B, so that other load on the machine affects all of them alike. One that fails
 * is reported and left out.
 */
export async function measure(row, results, repeats) {
  for (let repeat = 0; repeat < (row.repeats ?? repeats); repeat++) {
    for (const [implementation, sample] of Object.entries(row.implementations)) {
      try {
        results.add(row, implementation, await sample(repeat));
      } catch (error) {
        log(`${row.name}: ${error.message}`);
      }
    }
  }
}

/** Writes a line to standard error: standard output may be JSON. */
export function log(text) {
  process.stderr.write(`bench: ${text}\n`);
}
