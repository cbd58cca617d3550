import type { Command } from '../command.js';
import { DEMO_HELP, runDemo } from '../demo/command.js';
import { EXIT, UsageError } from '../exit.js';

export const demo: Command = {
  help: `usrsctp-wasm demo

${DEMO_HELP}`,
  async run(args, { program: [file, ...rest] }) {
    if (await runDemo([file, ...rest, 'demo'], args)) return EXIT.done;
    throw new UsageError(`demo has no argument such as '${args[0]}'`);
  },
};
