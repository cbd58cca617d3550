#!/usr/bin/env node
import { newKeys, newTicket } from './relay/issue.js';
import { serve } from './relay/serve.js';

const USAGE = `usrsctp-relay serve OPTIONS     run a relay, until SIGTERM or SIGINT
usrsctp-relay keys              print a new key for tickets, as a JSON Web Key Set
usrsctp-relay ticket OPTIONS    print a ticket

serve: what is marked with … may be given several times
  --listen [HOST:]PORT       where clients connect (default 127.0.0.1:8080)
  --cert FILE --key FILE     TLS, as PEM
  --path PATH                of the WebSocket (default /relay); /health answers 200, or 503 while draining
  --address IP[=PUBLIC] …    the addresses for clients; PUBLIC is what the world sees behind a 1:1 NAT
  --ports FIRST-LAST         the UDP ports for clients (default 49152-65535)
  --keys FILE                the JSON Web Key Set that tickets are signed with
  --audience NAME            what tickets must be for
  --origin ORIGIN …          pages that may connect, such as https://app.example; * for any
  --allow WHERE:PORTS …      where clients may send to, such as 0.0.0.0/0:9899 or [::/0]:9899
  --special CIDR …           special networks that aren't refused, such as 10.0.0.0/8
  --limit NAME=NUMBER …      see docs/relay.md
  --forwarded                believe the last X-Forwarded-For: there is a proxy before the relay
  --metrics [HOST:]PORT      where Prometheus scrapes /metrics; needs the package prom-client
  --drain MS                 how long clients have on SIGTERM (default 10000)

ticket:
  --keys FILE --audience NAME --subject NAME --destination WHERE:PORTS … --seconds NUMBER (default 600)
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
