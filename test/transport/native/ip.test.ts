import { afterEach, expect, test } from 'vitest';
import { ip } from '../../../src/native.js';
import { Child } from '../../support/child.js';
import { Programs } from '../../support/program.js';
import { transportContract } from '../contract.js';
import { closeTransports, pause } from '../fixture.js';

afterEach(closeTransports);

// test/peers/ip-contract.test.ts has the same over IPv6, for which a machine needs a second address.
transportContract('ip', async () => ({
  left: ip({ addresses: ['127.0.0.1'], answerOutOfTheBlue: true }),
  right: ip({ addresses: ['127.0.0.2'], answerOutOfTheBlue: true }),
  port: () => 0,
  settle: () => pause(),
}));

test('a start on a machine whose kernel has loaded its SCTP prints a warning', async () => {
  const programs = new Programs();
  try {
    const program = await programs.add('open-transports.ts');
    const start = (hide: string) => new Child('unshare', ['--mount', 'sh', '-c', `${hide} exec node ${program} unref`]);
    // The kernel makes this folder when its SCTP is loaded.
    const loaded = start('mount -t tmpfs none /proc/$$/net && mkdir /proc/$$/net/sctp &&');
    await loaded.printed(/USRSCTP_KERNEL_SCTP.*the kernel of this machine has loaded its own SCTP/);
    expect(await loaded.exit()).toBe(0);
    const notLoaded = start('mount -t tmpfs none /proc/$$/net &&');
    expect(await notLoaded.exit()).toBe(0);
    expect(notLoaded.output).not.toContain('USRSCTP_KERNEL_SCTP');
  } finally {
    programs.remove();
  }
});
