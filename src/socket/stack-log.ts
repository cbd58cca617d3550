import type { Address } from '../address.js';
import { checkOptions, checkType, shown } from '../arguments.js';
import { SctpError } from '../errors.js';
import { type Names, suggestion } from '../nearest-name.js';
import { uncaught } from '../uncaught.js';

/**
 * How important an entry is. `warn`: associations that fail, restart or are aborted, paths that fail. `info`: associations
 * and paths that come and go, changes of a path MTU. `debug`: the packets of set-ups, shutdowns and changes of addresses,
 * retransmissions, and dropped packets with the reason. `trace`: all packets.
 */
export type LogLevel = 'warn' | 'info' | 'debug' | 'trace';

/** What has happened. */
export interface LogEntry {
  /** How important it is. */
  readonly level: LogLevel;
  /** What has happened, in words. */
  readonly message: string;
  /** When, in ms on the stack's clock. */
  readonly timeMs: number;
  /** The id of the association, if it is about one. */
  readonly association?: number;
  /** The peer's address, if it is about one. */
  readonly address?: Address;
}

/** Where a stack writes its log, and how much. */
export interface Log {
  /** The least important entries that are written. Default `info`. */
  readonly level?: LogLevel;
  /** Is called with each entry. It must not call the stack. An error that it throws becomes the program's uncaught error. */
  readonly write: (entry: LogEntry) => void;
}

const LOG_OPTIONS: Names<Log> = { level: true, write: true };
const LEVELS: readonly LogLevel[] = ['warn', 'info', 'debug', 'trace'];

/** Writes the entries that are important enough. */
export class LogWriter {
  readonly #least: number;
  readonly #write: (entry: LogEntry) => void;
  readonly #now: () => number;

  /** The writer that a caller has asked for, or NODE_DEBUG; undefined if nobody has. */
  static of(log: Log | Log['write'] | undefined, now: () => number): LogWriter | undefined {
    const given = log ?? nodeDebug();
    if (given === undefined) return undefined;
    const { level = 'info', write } = typeof given === 'function' ? { write: given } : checked(given);
    return new LogWriter(level, write, now);
  }

  private constructor(level: LogLevel, write: (entry: LogEntry) => void, now: () => number) {
    this.#least = LEVELS.indexOf(level);
    this.#write = write;
    this.#now = now;
  }

  /** Are entries of that level written? */
  has(level: LogLevel): boolean {
    return LEVELS.indexOf(level) <= this.#least;
  }

  write(level: LogLevel, message: string, about: Pick<LogEntry, 'association' | 'address'> = {}): void {
    if (!this.has(level)) return;
    try {
      this.#write({ level, message, timeMs: this.#now(), ...about });
    } catch (error) {
      uncaught(error);
    }
  }
}

function checked(log: Log): Log {
  checkOptions(log, LOG_OPTIONS, 'Stack.create: log');
  checkType(log.write, 'function', 'log.write', 'Stack.create');
  if (log.level === undefined || LEVELS.includes(log.level)) return log;
  const hint = suggestion(log.level, LEVELS);
  throw new SctpError('EINVAL', `Stack.create: log.level can't be ${shown(log.level)}: ${hint}`, { syscall: 'create' });
}

interface NodeProcess {
  readonly pid?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly versions?: { readonly node?: string; readonly deno?: string };
}

/** NODE_DEBUG=usrsctp logs to the standard error, as it does for parts of Node. (Deno asks for a permission to read it.) */
function nodeDebug(): Log | undefined {
  const { process }: { process?: NodeProcess } = globalThis as object;
  if (process?.versions?.node === undefined || process.versions.deno !== undefined) return undefined;
  if (!/(^|[\s,])usrsctp([\s,]|$)/i.test(process.env?.['NODE_DEBUG'] ?? '')) return undefined;
  const prefix = `USRSCTP ${process.pid}:`;
  return { level: 'debug', write: ({ level, message }) => console.error(`${prefix} ${level.padEnd(5)} ${message}`) };
}
