import type { Command } from '../command.js';
import { NETWORK_OPTIONS, SERVER_NETWORK_HELP } from '../network-options.js';
import { noArguments, parse } from '../parse.js';
import { Report } from '../report.js';
import { receiveAll, SERVER_EXIT_HELP, SERVER_OPTIONS, serve, serverExit, serverHelp } from '../server.js';

const PORT = '7';

const OPTIONS = { ...NETWORK_OPTIONS, ...SERVER_OPTIONS, port: { type: 'string', default: PORT } } as const;

export const echo: Command = {
  help: `usrsctp-wasm echo [OPTIONS]

Sends each message back on its stream, with its payload protocol identifier (RFC 862), to any number of peers.

Examples:
  usrsctp-wasm echo                                       SCTP port ${PORT} in UDP port 9899
  usrsctp-wasm echo --local 192.0.2.1 --local 198.51.100.1
  usrsctp-wasm echo --ip --port 5001                      for peers that don't use UDP

${serverHelp(PORT)}
${SERVER_NETWORK_HELP}
${SERVER_EXIT_HELP}`,
  async run(args, { signal }) {
    const { values, positionals } = parse(args, OPTIONS);
    noArguments(positionals, 'echo');
    const areGraceful = await serve(values, { report: new Report(values.json), signal }, ({ association }) =>
      receiveAll(association, ({ data, stream, ppid, unordered }) =>
        // A peer with fewer streams than ours, or one that has gone, must not end the server: `closed` has the reason.
        association
          .send(data, { stream: answerStream(stream, association.setup.streams.outbound), ppid, unordered })
          .catch(() => {}),
      ),
    );
    return serverExit(values, areGraceful);
  },
};

/** The stream of the answer: the same one, if there are so many. */
function answerStream(stream: number, outbound: number): number {
  return stream < outbound ? stream : 0;
}
