/** The exit codes of `usrsctp-wasm`; docs/command-line.md explains them. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  /** There was no association: the peer didn't answer, or refused it. */
  notConnected: 3,
  /** The association was lost, or not everything was delivered. */
  incomplete: 4,
  /** It worked, but not on every path. */
  somePaths: 5,
  /** A signal has ended the program before it was done, as in a shell: 128 + SIGINT. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command line is wrong: the message says what to do. */
export class UsageError extends Error {}

/** A command has failed in a way that has an exit code of its own. `cause` is the error, which is shown. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}
