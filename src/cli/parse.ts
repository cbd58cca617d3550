import { type ParseArgsConfig, parseArgs } from 'node:util';
import { quoted } from '../arguments.js';
import { suggestion } from '../nearest-name.js';
import { UsageError } from './exit.js';

/** The options of a command, as `parseArgs` takes them. */
export type OptionsConfig = NonNullable<ParseArgsConfig['options']>;

type Parsed<Options extends OptionsConfig> = ReturnType<
  typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true }>
>;

/** Parses arguments. Throws `UsageError` for an option that doesn't exist or has no value. */
export function parse<Options extends OptionsConfig>(args: readonly string[], options: Options): Parsed<Options> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('ERR_PARSE_ARGS')) throw error;
    throw new UsageError(code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? unknown(message, options) : firstSentence(message));
  }
}

/** Throws `UsageError` if there are arguments although the command has none. */
export function noArguments(positionals: readonly string[], command: string): void {
  const [first] = positionals;
  if (first !== undefined) throw new UsageError(`${command} has no argument such as ${quoted(first)}`);
}

function unknown(message: string, options: OptionsConfig): string {
  const [, name = ''] = /'(-[^' ]*)/.exec(message) ?? [];
  const hint = suggestion(name, [...Object.keys(options).map((each) => `--${each}`), '--help']);
  return `there is no option ${name}: ${hint}`;
}

function firstSentence(message: string): string {
  return (message.split(/\.\s|\n/, 1)[0] ?? message).replace(/\.$/, '');
}
