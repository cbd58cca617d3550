import { isBytes } from '../arguments.js';
import { SctpError } from '../errors.js';
import { SCTP_AUTH_HMAC_ID_SHA1, SCTP_AUTH_HMAC_ID_SHA256 } from '../generated/constants.js';
import { CHUNK_TYPES, type ChunkType, chunkTypeName } from '../wire/chunk-types.js';
import type { OptionAccess } from './access.js';

/** HMAC identifiers (RFC 4895 §8). */
const HMACS: Readonly<Record<Hmac, number>> = {
  'SHA-1': SCTP_AUTH_HMAC_ID_SHA1,
  'SHA-256': SCTP_AUTH_HMAC_ID_SHA256,
};

/** The name of a hash function for AUTH chunks (RFC 4895 §8). */
export type Hmac = 'SHA-1' | 'SHA-256';

const MOST = 0xffff;

/** Makes the `authentication` of a socket or an association. */
export let authenticationOf: (options: OptionAccess) => Authentication;

/**
 * Authenticated chunks (RFC 4895) of an association, or of a socket, for its associations to come.
 *
 * An end that requires authenticated chunks says so before the set-up (`requireChunks`). Its peer authenticates these
 * chunks with its active key. Both ends need the same key under the same number. A packet with a wrong HMAC is dropped
 * silently (RFC 4895 §6.3), so that a wrong key looks like a peer that doesn't answer. So require COOKIE ECHO, too:
 * connectx then fails with ETIMEDOUT. If you require DATA only, the association is set up, and stays up as long as its
 * HEARTBEATs are answered, but no message arrives. The receiver's `stack.statistics().authentication` counts the
 * dropped packets by reason. Keys can't be read, and are in no error message.
 *
 * ```ts
 * socket.authentication.requireChunks(['COOKIE ECHO', 'DATA']);
 * socket.authentication.setKey(1, secret);
 * socket.authentication.activateKey(1);
 * ```
 */
export class Authentication {
  readonly #options: OptionAccess;

  private constructor(options: OptionAccess) {
    this.#options = options;
  }

  static {
    authenticationOf = (options) => new this(options);
  }

  /**
   * Sets or replaces the shared key with a number from 0 to 65,535. Initially there is an empty key 0. Throws TypeError
   * for a key that isn't a Uint8Array of at most 65,535 bytes, EINVAL for a key that is in use (SCTP_AUTH_KEY).
   */
  setKey(number: number, key: Uint8Array): void {
    checkKeyNumber(number);
    if (!isBytes(key) || key.length > MOST) {
      throw new TypeError(`authentication: a key is a Uint8Array of at most ${MOST} bytes`);
    }
    this.#act(`key ${number} can't be replaced while it is in use`, () => {
      this.#options.set('key', { number, key });
    });
  }

  /** Uses this key for all messages from now on. Throws EINVAL if there is no such key (SCTP_AUTH_ACTIVE_KEY). */
  activateKey(number: number): void {
    checkKeyNumber(number);
    this.#act(`there is no key ${number} to activate: set it`, () => this.#options.set('activeKey', number));
  }

  /**
   * Ends the use of a key for new messages. Messages that aren't acknowledged may still need it; afterwards it can be
   * deleted. Throws EINVAL for the active key, and if there is no such key (SCTP_AUTH_DEACTIVATE_KEY).
   */
  deactivateKey(number: number): void {
    checkKeyNumber(number);
    this.#act(`key ${number} is the active one, or isn't there`, () => {
      this.#options.set('deactivateKey', number);
    });
  }

  /** Deletes a key. Throws EINVAL for a key that is in use, and if there is no such key (SCTP_AUTH_DELETE_KEY). */
  deleteKey(number: number): void {
    checkKeyNumber(number);
    this.#act(`key ${number} is still in use, or isn't there`, () => this.#options.set('deleteKey', number));
  }

  /** The number of the key that is used for messages (SCTP_AUTH_ACTIVE_KEY). */
  get activeKey(): number {
    return this.#options.get('activeKey');
  }

  /**
   * Adds chunk types that the peer must authenticate, for a socket's associations to come. Throws EINVAL for INIT, INIT
   * ACK, SHUTDOWN COMPLETE and AUTH, which can't be authenticated (RFC 4895 §3.2), and on an association
   * (SCTP_AUTH_CHUNK).
   */
  requireChunks(types: readonly ChunkType[]): void {
    const numbers = listOf(types, 'types', CHUNK_TYPES);
    for (const [index, number] of numbers.entries()) {
      this.#act(`${types[index]} can't be authenticated (RFC 4895 §3.2), or this is no socket`, () => {
        this.#options.set('authenticatedChunk', number);
      });
    }
  }

  /** The chunk types that the peer must authenticate (SCTP_LOCAL_AUTH_CHUNKS). Types without a name are numbers. */
  get chunks(): readonly (ChunkType | number)[] {
    return this.#options.get('localAuthenticatedChunks').map(chunkTypeName);
  }

  /** The chunk types that the peer requires to be authenticated; only of an association (SCTP_PEER_AUTH_CHUNKS). */
  get peerChunks(): readonly (ChunkType | number)[] {
    return this.#options.get('peerAuthenticatedChunks').map(chunkTypeName);
  }

  /**
   * The hash functions that INIT offers, in order of preference: SHA-256 and SHA-1. This end uses the first one in the
   * peer's list that it offers itself (RFC 4895 §6.1). Only of a socket (SCTP_HMAC_IDENT).
   */
  get hmacs(): readonly (Hmac | number)[] {
    const names = Object.entries(HMACS);
    return this.#options.get('hmacs').map((id) => (names.find(([, each]) => each === id)?.[0] as Hmac) ?? id);
  }

  /** Sets the hash functions of a socket. Throws EINVAL if SHA-1 is missing (RFC 4895 §3.3). */
  setHmacs(hmacs: readonly Hmac[]): void {
    const ids = listOf(hmacs, 'hmacs', HMACS);
    this.#act("SHA-1 can't be left out (RFC 4895 §3.3), and a socket has hmacs, no association", () => {
      this.#options.set('hmacs', ids);
    });
  }

  /** Explains usrsctp's EINVAL, and its EBUSY for a key that is in use, which is EALREADY here. */
  #act(problem: string, set: () => void): void {
    try {
      set();
    } catch (error) {
      if (!(error instanceof SctpError) || (error.code !== 'EINVAL' && error.code !== 'EALREADY')) throw error;
      throw new SctpError('EINVAL', `authentication: ${problem}`, { syscall: 'setsockopt' });
    }
  }
}

/** The error doesn't show the value: if the arguments are confused, it is a secret. */
function checkKeyNumber(number: unknown): void {
  if (Number.isInteger(number) && (number as number) >= 0 && (number as number) <= MOST) return;
  throw new TypeError(`authentication: the number of a key is 0 to ${MOST}`);
}

function listOf(list: unknown, name: string, table: Readonly<Record<string, number>>): number[] {
  if (!Array.isArray(list)) throw new TypeError(`authentication: ${name} must be an array of names`);
  return (list as unknown[]).map((each) => {
    if (typeof each === 'string' && Object.hasOwn(table, each)) return table[each] ?? 0;
    throw new TypeError(`authentication: ${name} has one that is none of ${Object.keys(table).join(', ')}`);
  });
}
