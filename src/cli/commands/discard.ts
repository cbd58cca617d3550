import type { Command } from '../command.js';
import { NETWORK_OPTIONS, SERVER_NETWORK_HELP } from '../network-options.js';
import { noArguments, parse } from '../parse.js';
import { Progress } from '../progress.js';
import { Report } from '../report.js';
import { receiveAll, SERVER_EXIT_HELP, SERVER_OPTIONS, serve, serverExit, serverHelp } from '../server.js';

const PORT = '9';

const OPTIONS = { ...NETWORK_OPTIONS, ...SERVER_OPTIONS, port: { type: 'string', default: PORT } } as const;

export const discard: Command = {
  help: `usrsctp-wasm discard [OPTIONS]

Receives messages from any number of peers, counts them and drops them (RFC 863).

Examples:
  usrsctp-wasm discard                                    SCTP port ${PORT} in UDP port 9899
  usrsctp-wasm discard --once --json                      a line of JSON for each event; ends with the first peer

${serverHelp(PORT)}
${SERVER_NETWORK_HELP}
${SERVER_EXIT_HELP}`,
  async run(args, { signal }) {
    const { values, positionals } = parse(args, OPTIONS);
    noArguments(positionals, 'discard');
    const areGraceful = await serve(
      values,
      { report: new Report(values.json), signal },
      async ({ association, number }) => {
        const progress = new Progress(`${number}:`, undefined, !values.json);
        const received = await receiveAll(association, ({ data }) => progress.add(data.length));
        progress.end();
        return received;
      },
    );
    return serverExit(values, areGraceful);
  },
};
