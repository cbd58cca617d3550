import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const { CI } = process.env;
const PROGRAM = fileURLToPath(new URL('../dist/cli/demo.js', import.meta.url));

function run(...args: string[]) {
  return spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8', timeout: 50_000 });
}

// ./build.sh test builds it first. It may be missing if vitest is run without that.
describe.skipIf(!existsSync(PROGRAM) && !CI)('the demo', () => {
  test('leaves no server process if its reader closes the pipe, or if it ends before the server is ready', async () => {
    const server = fork(PROGRAM, ['serve', '127.0.0.1'], { stdio: 'ignore' });
    const ended = once(server, 'exit');
    server.disconnect();
    expect((await ended)[0]).toBe(1);

    const demo = spawn(process.execPath, [PROGRAM], { stdio: ['ignore', 'pipe', 'pipe'] });
    await once(demo.stdout, 'data');
    demo.stdout.destroy();
    const errors: Buffer[] = [];
    demo.stderr.on('data', (text) => errors.push(text));
    // Both processes have the same standard error, which is closed when both have ended.
    const [code] = await once(demo, 'close');
    expect([code, Buffer.concat(errors).toString()]).toEqual([1, '']);
  });

  test('shows an association from connectx to its close, and exits with 0', () => {
    const { status, stdout, stderr } = run();
    expect(stderr).toBe('');
    expect(status, stdout).toBe(0);

    expect(stdout).toMatch(/tried +127\.0\.0\.9 +INIT at \d+ ms\n +127\.0\.0\.1 +INIT at \d+ ms\n/);
    expect(stdout).toMatch(/confirmed +127\.0\.0\.1 {2}(::1|127\.0\.0\.2)\n/);
    expect(stdout).toMatch(/dropped +127\.0\.0\.9 /);
    const elapsedMs = Number(/elapsed +(\d+) ms/.exec(stdout)?.[1]);
    expect(elapsedMs).toBeGreaterThanOrEqual(500); // the first INIT times out
    expect(elapsedMs).toBeLessThan(3000);

    expect(stdout).toMatch(/ 3 +100 +100 +\d+\.\d\d ms\n/);
    expect(stdout).toMatch(/ 0 ms +cut +127\.0\.0\.1,/);
    expect(stdout).toMatch(/the first message since the cut is answered, by (::1|127\.0\.0\.2)\n/);
    expect(stdout).toMatch(/127\.0\.0\.1 is unreachable according to this process/);
    expect(Number(/failover +(\d+) ms/.exec(stdout)?.[1])).toBeLessThan(3000);
    expect(stdout).toMatch(/127\.0\.0\.1 +inactive +yes/);
    expect(stdout).toMatch(/127\.0\.0\.1 is available according to this process/);
    expect(stdout).toMatch(/messages are answered by 127\.0\.0\.1 again/);
    expect(stdout).not.toMatch(/127\.0\.0\.9 is/);

    expect(stdout).toMatch(/messages +(\d+) sent, \1 answered/);
    expect(stdout).toMatch(/association closed: SHUTDOWN/);
    expect(stdout).toMatch(/the server has seen an orderly end/);
    expect(stdout).toMatch(/the server process has ended by itself, with exit code 0/);
  });

  test('writes plain lines of at most 100 columns into a pipe', () => {
    const { stdout } = run();
    expect(stdout).not.toContain('\x1b');
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100);
  });

  test('prints a help text', () => {
    expect(run('--help')).toMatchObject({ status: 0, stderr: '' });
    expect(run('--help').stdout).toMatch(/^\.\/build\.sh demo/);
    expect(run('nonsense')).toMatchObject({ status: 2, stdout: '' });
  });

  test('fails with a message if its addresses are not available', () => {
    const { status, stderr } = run('serve', '192.0.2.77');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^\ndemo: EADDRNOTAVAIL: /);
  });
});
