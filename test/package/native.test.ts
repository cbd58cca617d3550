import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** Starts a transport of `usrsctp-wasm/native`, and gives the error. */
function failure(transport: string, cwd: string, ...command: string[]): string {
  const code = `import { ${transport} } from 'usrsctp-wasm/native';
    const host = { receive() {}, unreachable() {}, changed() {} };
    const transport = ${transport}({ addresses: ['127.0.0.1'] });
    await transport.start(host).then(() => console.log('started'), ({ message }) => console.log(message));
    await transport.close();`;
  const [program = process.execPath, ...args] = command;
  return execFileSync(program, [...args, '--input-type=module', '-e', code], { cwd, encoding: 'utf8' }).trim();
}

test.each(['udp', 'ip'])('without koffi, %s() says what to install, and the other entries work', (transport) => {
  const folder = mkdtempSync(join(tmpdir(), 'native-'));
  try {
    cpSync('dist', join(folder, 'dist'), { recursive: true });
    cpSync('package.json', join(folder, 'package.json'));
    expect(failure(transport, folder)).toBe(
      'EOPNOTSUPP: usrsctp-wasm/native needs the package koffi: run `npm install koffi`, or use udp() of usrsctp-wasm/udp',
    );
    const code = "import { udp } from 'usrsctp-wasm/udp'; console.log(udp({ port: 0 }).encapsulationPort);";
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(printed).toBe('9899\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('under Node’s permission model the error says which flag is missing', () => {
  const flags = ['--experimental-permission', '--allow-fs-read=*'];
  expect(failure('udp', '.', process.execPath, ...flags)).toBe(
    'EACCES: Node’s permission model forbids native code: start Node with --allow-addons, or without --permission',
  );
});

test('without the capability for raw sockets the error says how to get it', () => {
  const command = ['setpriv', '--bounding-set=-net_raw', '--inh-caps=-net_raw', process.execPath];
  expect(failure('ip', '.', ...command)).toBe(
    'EACCES: raw sockets need the capability CAP_NET_RAW: run the program as root, ' +
      'run `setcap cap_net_raw+ep` on the node binary, start the container with `--cap-add NET_RAW`, ' +
      'or use udp(), which needs none of it',
  );
});
