import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { Child } from './child.js';
import { Namespaces, type Side } from './namespaces.js';
import { Programs } from './program.js';

/**
 * Network namespaces, made anew for each test of a file, in which a program of this folder runs. Registers what vitest calls
 * before and after the tests.
 */
export function programInNamespaces<Task>(file: string): {
  readonly namespaces: Namespaces;
  /** Starts the program with a task, which it gets as JSON in its first argument. */
  start(side: Side, task: Task): Child;
} {
  const namespaces = new Namespaces();
  const programs = new Programs();
  let program = '';

  beforeAll(async () => {
    program = await programs.add(file);
  });
  beforeEach(() => namespaces.create());
  afterEach(async () => {
    await Child.endAll();
    namespaces.remove();
  });
  afterAll(() => programs.remove());

  return {
    namespaces,
    start: (side, task) => Child.inNamespace(namespaces.name(side), process.execPath, program, JSON.stringify(task)),
  };
}
