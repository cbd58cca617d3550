#!/usr/bin/env node
import { newKeys, newTicket } from './relay/issue.js';
import { serve } from './relay/serve.js';

const USAGE = `Usage:
  usrsctp-relay serve OPTIONS     run a relay until SIGTERM or SIGINT
  usrsctp-relay keys              print a JSON Web Key Set with a new key for tickets
  usrsctp-relay ticket OPTIONS    print a ticket

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
  --drain MS                 how long clients have to leave after SIGTERM (default 10000)

Options of ticket:
  --keys FILE --audience NAME --subject NAME --destination WHERE:PORTS …
  --seconds NUMBER           how long the ticket is valid (default 600)
`;

const [command, ...rest] = process.argv.slice(2);
try {
  if (command === 'serve') await serve(rest);
  else if (command === 'keys') process.stdout.write(newKeys());
  else if (command === 'ticket') process.stdout.write(`${await newTicket(rest)}\n`);
  else usage(command);
} catch (error) {
  process.stderr.write(`usrsctp-relay: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

function usage(argument: string | undefined): void {
  const isHelp = argument === '--help' || argument === '-h';
  (isHelp ? process.stdout : process.stderr).write(USAGE);
  process.exitCode = isHelp ? 0 : 2;
}
