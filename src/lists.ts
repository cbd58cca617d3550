/** A list with one more. Array.push gives an empty one room for 17: most of them never have a second. */
export function appended<T>(list: T[] | undefined, item: T): T[] {
  if (list === undefined) return [item];
  list.push(item);
  return list;
}
