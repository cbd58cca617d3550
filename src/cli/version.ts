import { readFileSync } from 'node:fs';

/** The version of the package. `program`: the URL of a file in `cli/`, as bundling moves this one. */
export function versionOf(program: string): string {
  return JSON.parse(readFileSync(new URL('../../package.json', program), 'utf8')).version;
}
