/** The names that may be used, as the keys of an object. */
export type Names<T> = { readonly [Name in keyof T]-?: true };

/** How a message about a name that doesn't exist ends: with the name that is most similar, or with all names. */
export function suggestion(name: unknown, names: readonly string[]): string {
  const nearest = nearestName(name, names);
  if (nearest !== undefined) return `did you mean '${nearest}'?`;
  return names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`;
}

/** The name that is most similar; undefined if none is similar. */
export function nearestName(name: unknown, names: readonly string[]): string | undefined {
  const letters = typeof name === 'string' ? name.slice(0, 100).toLowerCase() : '';
  const distances = names.map((each) => distance(letters, each.toLowerCase()));
  const least = Math.min(...distances);
  const nearest = names[distances.indexOf(least)];
  return nearest !== undefined && least <= Math.max(1, nearest.length / 3) ? nearest : undefined;
}

/** How many letters must be inserted, deleted or replaced, or neighbours exchanged, to make one text the other. */
function distance(from: string, to: string): number {
  let [last, row] = [[] as number[], Array.from({ length: to.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      const isExchanged = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const changes = [(row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (isSame ? 0 : 1)];
      if (isExchanged) changes.push((last[j - 2] ?? 0) + 1);
      next[j] = Math.min(...changes);
    }
    [last, row] = [row, next];
  }
  return row[to.length] ?? 0;
}
