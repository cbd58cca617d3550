import { GuestProgram, run } from './guest.js';
import { GUEST, HERE } from './network.js';

/** An SCTP socket of the guest's kernel; see guest/peer.c for its commands and output. */
export class KernelPeer extends GuestProgram {
  /** Starts the program and runs these commands. */
  static async start(...commands: readonly string[]): Promise<KernelPeer> {
    const peer = new KernelPeer('peer');
    await peer.printed(/^ready/m); // until then the shell reads the input
    for (const command of commands) await peer.command(command);
    return peer;
  }

  /** Resolves when the command is done; rejects with the kernel's error. */
  async command(line: string): Promise<void> {
    const from = this.output.length;
    this.write(`${line}\n`);
    const [answer] = await this.printed(new RegExp(`^(done|failed) ${line.split(' ')[0]}\\b.*$`, 'm'), from);
    if (answer.startsWith('failed')) throw new Error(answer);
  }
}

/** The command that listens on both of the guest's addresses, or binds to them. */
export function listenOn(port: number): string {
  return `listen ${port} ${GUEST.join(' ')}`;
}

/** The command that connects to both of ours. */
export function connectTo(port: number): string {
  return `connect ${port} ${HERE.join(' ')}`;
}

const EXTENSIONS = ['addip_enable', 'addip_noauth_enable', 'auth_enable', 'reconf_enable'];

/** Switches extensions that Debian's kernel disables by default, for sockets opened from now on. */
export async function setExtensions(isOn: boolean): Promise<void> {
  await run(`sysctl -qw ${EXTENSIONS.map((name) => `net.sctp.${name}=${isOn ? 1 : 0}`).join(' ')}`);
}
