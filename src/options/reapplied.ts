import { IPPROTO_SCTP, SOL_SOCKET } from '../generated/constants.js';
import { sctp_authkey } from '../generated/layouts.js';
import type { ModuleSocket } from '../stack/socket/module-socket.js';
import { constantOf } from './codec.js';
import type { OptionRow } from './table.js';

/** The options that were set on a socket, which are applied again when it gets a new module socket. */
export class ReappliedOptions {
  readonly #values = new Map<string, readonly [OptionRow, Uint8Array]>();

  /**
   * Keeps an option, except SCTP_AUTO_ASCONF, which can't be set before the socket is bound. Options that can be read
   * have one value; of the others, such as keys, all settings are kept.
   */
  keep(row: OptionRow, bytes: Uint8Array): void {
    if (row.constant === 'SCTP_AUTO_ASCONF') return;
    const name = nameOf(row.constant, bytes, row.read !== undefined);
    if (row.constant === 'SCTP_AUTH_DELETE_KEY') this.#eraseSecret(bytes);
    // A replaced key keeps its place, which is before its activation. Otherwise the order of setting is kept.
    if (row.constant === 'SCTP_AUTH_KEY') this.#undelete(bytes);
    else this.#values.delete(name);
    this.#values.set(name, [row, bytes]);
  }

  apply(moduleSocket: ModuleSocket): void {
    for (const [row, bytes] of this.#values.values()) write(moduleSocket, row, bytes);
  }

  /** A deleted or deactivated key has been set again. */
  #undelete(key: Uint8Array): void {
    for (const constant of ['SCTP_AUTH_DEACTIVATE_KEY', 'SCTP_AUTH_DELETE_KEY']) {
      this.#values.delete(nameOf(constant, key, false));
    }
  }

  /** Overwrites the secret of a key that is deleted. The setting stays, because the deletion needs it. */
  #eraseSecret(key: Uint8Array): void {
    this.#values.get(nameOf('SCTP_AUTH_KEY', key, false))?.[1].fill(0, KEY_HEAD);
  }
}

/** The association and the number, with which struct sctp_authkey and struct sctp_authkeyid begin. */
const KEY_HEAD = sctp_authkey.fields.sca_keylength.offset;

/** The name under which a setting is kept. Several settings of one option differ by their value, or by their key. */
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
