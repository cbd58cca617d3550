import { FewMap } from '../few.js';
import { IPPROTO_SCTP, SOL_SOCKET } from '../generated/constants.js';
import { sctp_authkey } from '../generated/layouts.js';
import type { ModuleSocket } from '../stack/socket/module-socket.js';
import { constantOf } from './codec.js';
import type { OptionRow } from './table.js';

/** What was set on a socket, to be set again on the module socket that takes the place of an ended one. */
export class ReappliedOptions {
  readonly #values = new FewMap<string, readonly [OptionRow, Uint8Array]>();

  /** But for SCTP_AUTO_ASCONF, which a socket can't have before it is bound. What can't be read adds up. */
  keep(row: OptionRow, bytes: Uint8Array): void {
    if (row.constant === 'SCTP_AUTO_ASCONF') return;
    const name = nameOf(row.constant, bytes, row.read !== undefined);
    if (row.constant === 'SCTP_AUTH_DELETE_KEY') this.#wipe(bytes);
    // A key that is replaced keeps its place, or it would come after its being active. All else is as it was set last.
    if (row.constant === 'SCTP_AUTH_KEY') this.#revive(bytes);
    else this.#values.delete(name);
    this.#values.set(name, [row, bytes]);
  }

  apply(moduleSocket: ModuleSocket): void {
    for (const [row, bytes] of this.#values.values()) write(moduleSocket, row, bytes);
  }

  /** A key that was deleted before is there again. */
  #revive(key: Uint8Array): void {
    for (const constant of ['SCTP_AUTH_DEACTIVATE_KEY', 'SCTP_AUTH_DELETE_KEY']) {
      this.#values.delete(nameOf(constant, key, false));
    }
  }

  /** The setting stays, since it is what is deleted, the secret doesn't. */
  #wipe(key: Uint8Array): void {
    this.#values.get(nameOf('SCTP_AUTH_KEY', key, false))?.[1].fill(0, KEY_HEAD);
  }
}

/** Of a key, or a struct sctp_authkeyid: the association and the number. */
const KEY_HEAD = sctp_authkey.fields.sca_keylength.offset;

/** What tells settings apart: of those that add up the value, or the key that they are about. */
function nameOf(constant: string, bytes: Uint8Array, isOne: boolean): string {
  if (isOne) return constant;
  return `${constant} ${(constant.endsWith('_KEY') ? bytes.subarray(0, KEY_HEAD) : bytes).join()}`;
}

export function levelOf({ constant }: OptionRow): number {
  return constant.startsWith('SO_') ? SOL_SOCKET : IPPROTO_SCTP;
}

export function write(moduleSocket: ModuleSocket, row: OptionRow, bytes: Uint8Array): void {
  moduleSocket.setOption(constantOf(row.constant), bytes, levelOf(row));
}
