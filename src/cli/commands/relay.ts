import type { Command } from '../command.js';
import { EXIT, UsageError } from '../exit.js';
import { noCommand, relayUsage, runRelay } from '../relay/command.js';

export const relay: Command = {
  help: `usrsctp-wasm relay COMMAND [OPTIONS]

Runs a relay, through which browsers and other programs without UDP speak SCTP, and makes the keys and tickets that let
them in. docs/relay.md explains how to run one. usrsctp-relay is the same program.

Examples:
  usrsctp-wasm relay keys > keys.json
  usrsctp-wasm relay serve --address 203.0.113.5 --keys keys.json --audience relay.example --allow 0.0.0.0/0:9899
  usrsctp-wasm relay ticket --keys keys.json --audience relay.example --subject me --destination 192.0.2.1:9899 > ticket
  usrsctp-wasm ping 192.0.2.1 --relay wss://relay.example/relay --ticket-file ticket

${relayUsage('usrsctp-wasm relay')}`,
  async run(args) {
    if (await runRelay(args)) return EXIT.done;
    throw new UsageError(noCommand(args[0]));
  },
};
