import { existsSync } from 'node:fs';

/** A program that a test can't do without: it fails when it isn't there. */
export function installed(file: string, debianPackage: string): string {
  if (!existsSync(file)) throw new Error(`${file} is missing: apt-get install ${debianPackage}`);
  return file;
}
