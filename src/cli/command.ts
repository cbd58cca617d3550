import type { ExitCode } from './exit.js';

/** What a command gets besides its arguments. */
export interface Context {
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** What runs `usrsctp-wasm` again: a file and its first arguments. */
  readonly program: readonly [file: string, ...string[]];
}

/** A command of `usrsctp-wasm`. */
export interface Command {
  /** The text of `usrsctp-wasm help COMMAND`. */
  readonly help: string;
  /** Runs it. Rejects with `UsageError`, `CommandError` or any other error. */
  run(args: readonly string[], context: Context): Promise<ExitCode>;
}
