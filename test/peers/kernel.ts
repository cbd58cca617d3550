import { GuestProgram } from './guest.js';

/** An SCTP socket of the guest's kernel: see guest/peer.c for its commands and what it prints. */
export class KernelPeer extends GuestProgram {
  /** Starts one, and runs these commands. */
  static async start(...commands: readonly string[]): Promise<KernelPeer> {
    const peer = new KernelPeer('exec peer');
    await peer.printed(/^pid/m); // until then it is the shell that reads
    for (const command of commands) await peer.command(command);
    return peer;
  }

  /** Resolves when the command is done; rejects with the kernel's reason. */
  async command(line: string): Promise<void> {
    const from = this.output.length;
    this.write(`${line}\n`);
    const [answer] = await this.printed(new RegExp(`^(done|failed) ${line.split(' ')[0]}\\b.*$`, 'm'), from);
    if (answer.startsWith('failed')) throw new Error(answer);
  }
}
