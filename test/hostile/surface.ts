import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join('src', name), 'utf8'));

/**
 * The public methods of an object: those of its prototypes, except what the sources declare protected,
 * and methods such as `[Symbol.asyncDispose]`, which the language calls without arguments.
 */
export function methodsOf(target: object): string[] {
  const names = new Set<string>();
  const hidden = new Set<string>();
  for (const prototype of prototypesOf(target)) {
    for (const name of hiddenOf(prototype.constructor.name)) hidden.add(name);
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (typeof value === 'function' && name !== 'constructor') names.add(name);
    }
  }
  return [...names].filter((name) => !hidden.has(name)).sort();
}

/** The methods of an interface, for objects whose class isn't public. */
export function methodsOfInterface(name: string, file: string): string[] {
  const [, body = ''] = readFileSync(file, 'utf8').split(`export interface ${name} `);
  const [members = ''] = body.split('\n}');
  return [...members.matchAll(/^ {2}(\w+)\??[(<]/gm)].map(([, method = '']) => method).sort();
}

/** The static methods of a class. */
export function staticsOf(made: object): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(made)).flatMap(([name, { value }]) =>
    typeof value === 'function' && name !== 'prototype' && !hiddenOf((made as { name: string }).name).has(name)
      ? [name]
      : [],
  );
}

/** The functions and classes that a module exports. */
export function exportsOf(module: object): string[] {
  return Object.entries(module)
    .filter(([, value]) => typeof value === 'function')
    .map(([name]) => name)
    .sort();
}

function* prototypesOf(target: object): Generator<object> {
  for (let at = Object.getPrototypeOf(target); at && at !== Object.prototype; at = Object.getPrototypeOf(at)) yield at;
}

function hiddenOf(className: string): Set<string> {
  const text = className === '' ? '' : source(new RegExp(`class ${className}\\b`));
  const shielded = text.matchAll(/^ {2}protected (?:(?:override|abstract|async|static|get) )*(\w+)/gm);
  return new Set([...shielded].map(([, name = '']) => name));
}

function source(pattern: RegExp): string {
  return sources.find((text) => pattern.test(text)) ?? '';
}
