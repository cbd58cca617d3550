import { existsSync } from 'node:fs';
import { Child } from '../support/child.js';
import { createNetwork, device } from './network.js';

const FOLDER = `${import.meta.dirname}/../../build/guest`;

/** Boots the guest before all tests of this folder; vitest calls the returned function after them. See guest/build.sh. */
export default async function boot(): Promise<() => Promise<void>> {
  for (const file of ['vmlinuz', 'initrd.img']) {
    if (!existsSync(`${FOLDER}/${file}`))
      throw new Error(`build/guest/${file} is missing: npm run test:peers makes it`);
  }
  createNetwork();
  const guest = new Child('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...qemuArguments()]);
  await guest.printed(/^READY /m, 180_000); // 4 s on an idle machine
  return () => guest.kill();
}

/** Emulation, because machines that run tests seldom have KVM. */
function qemuArguments(): string[] {
  const machine = '-nodefaults -no-user-config -no-reboot -display none -machine q35 -accel tcg -cpu max -smp 1 -m 512';
  const nics = ([1, 2] as const).flatMap((path) => [
    '-netdev',
    `tap,id=path${path},ifname=${device(path)},script=no,downscript=no`,
    '-device',
    `virtio-net-pci,netdev=path${path},mac=52:54:00:00:02:0${path}`,
  ]);
  const kernel =
    'console=ttyS0 quiet loglevel=4 panic=-1 tsc=reliable no_timer_check mitigations=off random.trust_cpu=on';
  const files = ['-kernel', `${FOLDER}/vmlinuz`, '-initrd', `${FOLDER}/initrd.img`];
  return [...machine.split(' '), ...nics, ...files, '-serial', 'stdio', '-append', kernel];
}
