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
 * Authenticated chunks (RFC 4895): of a socket, for the associations that it will have, or of one association.
 *
 * Who wants chunks to come authenticated says so before the association is set up (`requireChunks`), and its peer
 * authenticates them with its active key. Both need the same key under the same number. A packet whose HMAC is wrong
 * is dropped silently (RFC 4895 §6.3): a wrong key looks like a peer that doesn't answer. So require COOKIE ECHO, too,
 * and connectx fails with ETIMEDOUT; with DATA alone the association is up, and stays so as long as its heartbeats are
 * answered, but nothing arrives. The receiver's `stack.statistics().authentication` counts what it has dropped, and why.
 * Keys are never given back, and stand in no error.
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
    authenticationOf = (options) => new Authentication(options);
  }

  /**
   * Sets, or replaces, the shared key of a number, 0 to 65,535. At first there is key 0, which is empty. Throws
   * TypeError for a key that is no Uint8Array of at most 65,535 bytes; EINVAL for one that is in use (SCTP_AUTH_KEY).
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

  /** From now on messages are sent with this key. Throws EINVAL when there is none (SCTP_AUTH_ACTIVE_KEY). */
  activateKey(number: number): void {
    checkKeyNumber(number);
    this.#act(`there is no key ${number} to activate: set it`, () => this.#options.set('activeKey', number));
  }

  /**
   * This key won't be sent with again. What was sent with it and isn't acknowledged may still need it: it can be deleted
   * after that. Throws EINVAL for the active key and for one that isn't there (SCTP_AUTH_DEACTIVATE_KEY).
   */
  deactivateKey(number: number): void {
    checkKeyNumber(number);
    this.#act(`key ${number} is the active one, or isn't there`, () => {
      this.#options.set('deactivateKey', number);
    });
  }

  /** Forgets a key. Throws EINVAL for one that is in use and for one that isn't there (SCTP_AUTH_DELETE_KEY). */
  deleteKey(number: number): void {
    checkKeyNumber(number);
    this.#act(`key ${number} is still in use, or isn't there`, () => this.#options.set('deleteKey', number));
  }

  /** The number of the key that messages are sent with (SCTP_AUTH_ACTIVE_KEY). */
  get activeKey(): number {
    return this.#options.get('activeKey');
  }

  /**
   * Adds chunk types that the peer must authenticate, of a socket's associations to come. Throws EINVAL for INIT, INIT
   * ACK, SHUTDOWN COMPLETE and AUTH, which can't be (RFC 4895 §3.2), and for an association (SCTP_AUTH_CHUNK).
   */
  requireChunks(types: readonly ChunkType[]): void {
    const numbers = listOf(types, 'types', CHUNK_TYPES);
    for (const [index, number] of numbers.entries()) {
      this.#act(`${types[index]} can't be authenticated (RFC 4895 §3.2), or this is no socket`, () => {
        this.#options.set('authenticatedChunk', number);
      });
    }
  }

  /** What the peer must authenticate (SCTP_LOCAL_AUTH_CHUNKS); types without a name here are numbers. */
  get chunks(): readonly (ChunkType | number)[] {
    return this.#options.get('localAuthenticatedChunks').map(chunkTypeName);
  }

  /** What is sent authenticated, because the peer has asked for it. Of an association (SCTP_PEER_AUTH_CHUNKS). */
  get peerChunks(): readonly (ChunkType | number)[] {
    return this.#options.get('peerAuthenticatedChunks').map(chunkTypeName);
  }

  /**
   * The hash functions that INIT offers, the best first: SHA-256 and SHA-1. What is sent has the first one of the peer's list
   * that this end offers, too (RFC 4895 §6.1). Of a socket (SCTP_HMAC_IDENT).
   */
  get hmacs(): readonly (Hmac | number)[] {
    const names = Object.entries(HMACS);
    return this.#options.get('hmacs').map((id) => (names.find(([, each]) => each === id)?.[0] as Hmac) ?? id);
  }

  /** Sets them, of a socket. SHA-1 must be among them (RFC 4895 §3.3): EINVAL. */
  setHmacs(hmacs: readonly Hmac[]): void {
    const ids = listOf(hmacs, 'hmacs', HMACS);
    this.#act("SHA-1 can't be left out (RFC 4895 §3.3), and a socket has hmacs, no association", () => {
      this.#options.set('hmacs', ids);
    });
  }

  /** usrsctp says no more than EINVAL. */
  #act(problem: string, set: () => void): void {
    try {
      set();
    } catch (error) {
      if (!(error instanceof SctpError) || error.code !== 'EINVAL') throw error;
      throw new SctpError('EINVAL', `authentication: ${problem}`, { syscall: 'setsockopt' });
    }
  }
}

/** The value isn't shown: whoever confuses the arguments would find a secret in a log. */
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
