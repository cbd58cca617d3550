import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import type { Command } from '../command.js';
import { EXIT, type ExitCode, UsageError } from '../exit.js';

/** The commands that use the network. */
const CAPTURED = ['connect', 'ping', 'echo', 'discard', 'send', 'receive', 'bench'];

export const capture: Command = {
  help: `usrsctp-wasm capture FILE COMMAND [ARGUMENTS]

Runs another command of usrsctp-wasm, and writes all packets that it sends and receives to a pcapng file. This needs no
privileges, because the stack itself writes them. Wireshark and 'usrsctp-wasm decode' open the file. The exit code is
that of the command. The option --capture FILE of the commands does the same.

Examples:
  usrsctp-wasm capture ping.pcapng ping 192.0.2.1 198.51.100.1
  usrsctp-wasm capture server.pcapng echo --port 5001
  usrsctp-wasm decode ping.pcapng

Commands: ${CAPTURED.join(', ')}.
`,
  async run([file, command, ...rest], { program: [node, ...args], signal }) {
    if (file === undefined || command === undefined) throw new UsageError('give a file and a command');
    if (!CAPTURED.includes(command)) {
      const hint = CAPTURED.includes(file) ? ': the file comes first' : `: there are ${CAPTURED.join(', ')}`;
      throw new UsageError(`'${command}' is not a command that uses the network${hint}`);
    }
    const code = await run([node, ...args, command, ...rest, '--capture', file], signal);
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size > 0) process.stderr.write(`${file}: ${size} bytes; 'usrsctp-wasm decode ${file}' prints it\n`);
    return code;
  },
};

/** Runs the command in a process of its own, with the same input and output. A terminal sends SIGINT to both. */
function run(args: readonly string[], signal: AbortSignal): Promise<ExitCode> {
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve((code ?? EXIT.failed) as ExitCode));
  });
}
