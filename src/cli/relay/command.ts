import { quoted } from '../../arguments.js';
import { suggestion } from '../../nearest-name.js';
import { newKeys, newTicket } from './issue.js';
import { serve } from './serve.js';

/** The usage of the relay's commands, as they are called: `usrsctp-relay` or `usrsctp-wasm relay`. */
export function relayUsage(program: string): string {
  return `Usage:
  ${program} serve OPTIONS     run a relay until SIGTERM or SIGINT
  ${program} keys              print a JSON Web Key Set with a new key for tickets
  ${program} ticket OPTIONS    print a ticket
  ${program} --help | --version

Options of serve (those marked with … may be repeated):
  --listen [HOST:]PORT       where to listen for clients (default 127.0.0.1:8080)
  --cert FILE --key FILE     certificate and private key for TLS, in PEM format
  --path PATH                path of the WebSocket (default /relay); /health answers 200, or 503 while draining
  --address IP[=PUBLIC] …    addresses to give to clients; PUBLIC is the public address behind a 1:1 NAT
  --ports FIRST-LAST         UDP ports to give to clients (default 49152-65535)
  --keys FILE                JSON Web Key Set that verifies tickets
  --audience NAME            audience that tickets must have
  --origin ORIGIN …          origins whose pages may connect, such as https://app.example; * for any
  --allow WHERE:PORTS …      destinations that clients may send to, such as 0.0.0.0/0:9899 or [::/0]:9899
  --special CIDR …           special-purpose networks that may be allowed, such as 10.0.0.0/8
  --limit NAME=NUMBER …      limits; see docs/relay.md
  --forwarded                take the client's address from the last entry of X-Forwarded-For (behind a proxy)
  --metrics [HOST:]PORT      serve metrics for Prometheus at /metrics; needs the package prom-client
  --native                   send and receive many packets in one system call; needs the package koffi
  --workers NUMBER           processes that share the clients, one for each core (default 1)
  --drain MS                 how long clients have to leave after SIGTERM (default 10000)

Options of ticket:
  --keys FILE --audience NAME --subject NAME --destination WHERE:PORTS …
  --seconds NUMBER           how long the ticket is valid (default 600)

Exit codes: 0 done, or ended by a signal; 1 failed, or an option is wrong; 2 there is no such command.
`;
}

const COMMANDS = ['serve', 'keys', 'ticket'];

/** What is wrong with the name of a command. */
export function noCommand(name: string | undefined): string {
  if (name === undefined) return 'give a command: serve, keys or ticket';
  return `there is no command ${quoted(name)}: ${suggestion(name, COMMANDS)}`;
}

/** Runs a command of the relay. Returns false if there is none of that name. */
export async function runRelay([command, ...rest]: readonly string[]): Promise<boolean> {
  if (command === 'serve') await serve(rest);
  else if (command === 'keys') process.stdout.write(newKeys());
  else if (command === 'ticket') process.stdout.write(`${await newTicket(rest)}\n`);
  else return false;
  return true;
}
