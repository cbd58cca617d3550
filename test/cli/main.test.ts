import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import type { Command } from '../../src/cli/command.js';
import { bench } from '../../src/cli/commands/bench.js';
import { capture } from '../../src/cli/commands/capture.js';
import { connect } from '../../src/cli/commands/connect.js';
import { decode } from '../../src/cli/commands/decode.js';
import { demo } from '../../src/cli/commands/demo.js';
import { discard } from '../../src/cli/commands/discard.js';
import { echo } from '../../src/cli/commands/echo.js';
import { ping } from '../../src/cli/commands/ping.js';
import { receive } from '../../src/cli/commands/receive.js';
import { relay } from '../../src/cli/commands/relay.js';
import { send } from '../../src/cli/commands/send.js';
import { UsageError } from '../../src/cli/exit.js';
import { Child } from '../support/child.js';
import { isBuilt, ran } from '../support/command-line.js';

const COMMANDS = { connect, ping, echo, discard, send, receive, bench, relay, capture, decode, demo };

afterEach(() => Child.endAll());

describe('commands', () => {
  test.each(Object.entries(COMMANDS))('the help of %s fits into 120 columns and has examples', (name, { help }) => {
    expect(help).toMatch(/^usrsctp-wasm /);
    if (name !== 'demo') expect(help).toMatch(new RegExp(`^Examples:\n(?: .*\n)*  .*usrsctp-wasm .*${name}`, 'm'));
    for (const line of help.split('\n')) expect(line.length, line).toBeLessThanOrEqual(120);
  });

  const wrong: [Command, string[], string][] = [
    [ping, [], 'give at least one address of the peer, such as 192.0.2.1'],
    [ping, ['127.0.0.1', '--prot', '5001'], "there is no option --prot: did you mean '--port'?"],
    [ping, ['127.0.0.1', '--port'], "Option '--port <value>' argument missing"],
    [ping, ['127.0.0.1', '--port', '70000'], "--port is '70000': it must be an integer from 1 to 65535"],
    [ping, ['127.0.0.1:1', '127.0.0.2:2'], 'the addresses of a peer have one SCTP port, not 1 and 2'],
    [ping, ['127.0.0.1', '--interval', 'soon'], "--interval is 'soon': it must be a number of seconds"],
    [ping, ['127.0.0.1', '--ip', '--native'], '--native and --ip exclude each other: choose one'],
    [ping, ['127.0.0.1', '--ip', '--udp-port', '9'], '--udp-port has no meaning with --ip: leave it out'],
    [ping, ['127.0.0.1', '--relay', 'ws://127.0.0.1/'], 'a relay wants a ticket: give --ticket or --ticket-file'],
    [ping, ['127.0.0.1', '--ticket', 'x'], 'a ticket is for a relay: add --relay URL'],
    [ping, ['127.0.0.1', '--preset', 'fast'], "--preset is 'fast': it must be one of rfc7829, rfc9260"],
    [connect, ['127.0.0.1', '--log', 'all'], "--log is 'all': it must be one of warn, info, debug, trace"],
    [echo, ['127.0.0.1'], "echo has no argument such as '127.0.0.1'"],
    [echo, ['--own-udp-port', '1'], 'a server’s own UDP port is --udp-port'],
    [decode, [], 'give one file, or - for the standard input'],
    [relay, ['run'], "there is no command 'run'"],
    [relay, [], 'give a command: serve, keys or ticket'],
    [capture, ['ping', '127.0.0.1'], 'the file comes first'],
    [capture, ['file', 'decode'], "'decode' is not a command that uses the network"],
    [demo, ['now'], "demo has no argument such as 'now'"],
  ];
  test.each(wrong)('%#: a wrong command line says what to do', async (command, args, message) => {
    const running = command.run(args, { signal: new AbortController().signal, program: ['usrsctp-wasm.js'] });
    await expect(running).rejects.toThrow(message);
    await expect(running).rejects.toBeInstanceOf(UsageError);
  });
});

describe.skipIf(!isBuilt)('usrsctp-wasm', () => {
  test('prints its commands, their help and its version', async () => {
    const help = await ran('--help');
    expect(help.code).toBe(0);
    for (const name of Object.keys(COMMANDS)) expect(help.output).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(await ran('help', 'relay')).toEqual({ code: 0, output: relay.help });
    expect(await ran('ping', '127.0.0.1', '--help')).toEqual({ code: 0, output: ping.help });
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(await ran('--version')).toEqual({ code: 0, output: `${version}\n` });
  });

  test('says what is wrong with a command line, and where its help is', async () => {
    expect(await ran()).toEqual({ code: 2, output: (await ran('--help')).output });
    expect((await ran('pign')).output).toContain("there is no command 'pign': did you mean 'ping'?");
    const { code, output } = await ran('ping', '--nonsense');
    expect(code).toBe(2);
    expect(output).toMatch(/^usrsctp-wasm ping: there is no option --nonsense: .*\nSee 'usrsctp-wasm help ping'\.\n$/);
  });

  test('demo runs to its end', async () => {
    const { code, output } = await ran('demo');
    expect(code).toBe(0);
    expect(output).toMatch(/the server process has ended by itself, with exit code 0[\s\S]*done/);
  });
});
