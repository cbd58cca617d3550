import { existsSync } from 'node:fs';

/** The path of a program that a test needs. Throws if it isn't installed. */
export function installed(file: string, debianPackage: string): string {
  if (!existsSync(file)) throw new Error(`${file} is missing: apt-get install ${debianPackage}`);
  return file;
}
