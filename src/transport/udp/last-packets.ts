import type { Clock } from '../../clock.js';

/** How long the wait lasts if the kernel accepts nothing, in ms. */
const LIMIT_MS = 1000;

/** The wait at the end of a socket until the kernel has accepted all packets. */
export class LastPackets {
  #accepted: (() => void) | undefined;

  /** Resolves when `accepted` is called, or after a second. */
  wait(clock: Clock): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.schedule(LIMIT_MS, resolve);
      this.#accepted = () => {
        cancel();
        resolve();
      };
    });
  }

  /** The kernel has accepted all packets. */
  accepted(): void {
    this.#accepted?.();
  }
}
