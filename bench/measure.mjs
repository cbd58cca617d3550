// Gets the samples of a row.

/** A B A B, so that what else the machine does hits all alike. A contestant that fails is told, and passed over. */
export async function measure(row, results, repeats) {
  for (let repeat = 0; repeat < (row.repeats ?? repeats); repeat++) {
    for (const [contestant, sample] of Object.entries(row.contestants)) {
      try {
        results.add(row, contestant, await sample(repeat));
      } catch (error) {
        tell(`${row.name}: ${error.message}`);
      }
    }
  }
}

export function tell(text) {
  process.stderr.write(`bench: ${text}\n`);
}
