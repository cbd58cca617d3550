import { checkObject } from '../arguments.js';

/**
 * What a ticket says: the claims of a JSON Web Token (RFC 7519) in JWS compact form, so that any JWT library can issue
 * one. It is signed with HS256, ES256 or EdDSA (Ed25519).
 */
export interface TicketClaims {
  /** Whom it is for: limits per subject count by it. 1 to 128 characters. */
  readonly sub: string;
  /** The relays that it is for: their `audience`. */
  readonly aud: string | readonly string[];
  /** Expiry, in s since 1970. It must not lie further ahead than the relay allows. */
  readonly exp: number;
  /** Not valid before, in s since 1970. */
  readonly nbf?: number;
  /** Where the client may send to, such as `203.0.113.7:9899`, `[2001:db8::]/32:*`; see `policy.ts`. */
  readonly destinations: readonly string[];
  /** The most bytes a second, in each direction; the relay's own limit holds as well. */
  readonly bytesPerSecond?: number;
}

/** A key as JSON Web Key (RFC 7517): `oct`, `EC` with P-256, or `OKP` with Ed25519. `kid` is heeded. */
export interface TicketKey extends JsonWebKey {
  /** The key's name; a ticket may say which key has signed it. */
  readonly kid?: string;
}

/** Why a ticket isn't accepted, in a sentence. */
export class TicketError extends Error {
  override readonly name = 'TicketError';
}

export interface VerifierOptions {
  readonly keys: readonly TicketKey[];
  readonly audience: string;
  /** The most that an expiry may lie ahead, in ms. */
  readonly longestLifeMs: number;
  /** The time in ms since 1970. */
  now(): number;
}

type Algorithm = { readonly import: HmacImportParams | EcKeyImportParams | Algorithm2; readonly sign: object };
type Algorithm2 = { readonly name: string };
type Verify = {
  readonly alg: string;
  readonly kid: string | undefined;
  verify(signature: Uint8Array, data: Uint8Array): Promise<boolean>;
};

const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  HS256: { import: { name: 'HMAC', hash: 'SHA-256' }, sign: { name: 'HMAC' } },
  ES256: { import: { name: 'ECDSA', namedCurve: 'P-256' }, sign: { name: 'ECDSA', hash: 'SHA-256' } },
  EdDSA: { import: { name: 'Ed25519' }, sign: { name: 'Ed25519' } },
};

const MOST_TICKET_CHARACTERS = 8192;
const MOST_DESTINATIONS = 64;
const SHORTEST_SECRET_BYTES = 32;
/** How far the issuer's clock may be ahead of ours. */
const LEEWAY_MS = 10_000;

/**
 * Signs a ticket. The key is a secret or a private one. Rejects with TypeError when it is none, and for a
 * number that is NaN or infinite.
 */
export async function signTicket(claims: TicketClaims, key: TicketKey): Promise<string> {
  checkObject(claims, 'the claims', 'signTicket');
  for (const name of ['exp', 'nbf', 'bytesPerSecond'] as const) {
    const value: unknown = claims[name];
    // JSON would make null of it, and no relay would take the ticket.
    if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`relay: \`${name}\` is ${value}`);
  }
  const alg = algorithmOf(key);
  const algorithm = ALGORITHMS[alg] as Algorithm;
  const usable = await crypto.subtle.importKey('jwk', bare(key), algorithm.import as Algorithm2, false, ['sign']);
  const header = { alg, typ: 'JWT', ...(key.kid !== undefined && { kid: key.kid }) };
  const signed = `${encodeJson(header)}.${encodeJson(claims)}`;
  const signature = await crypto.subtle.sign(algorithm.sign as Algorithm2, usable, utf8(signed));
  return `${signed}.${encodeBytes(new Uint8Array(signature))}`;
}

/** Judges tickets. The key decides on the algorithm, never the ticket. */
export class TicketVerifier {
  readonly #options: VerifierOptions;
  readonly #keys: readonly Verify[];

  /** Rejects with TypeError for a key that can't verify tickets. */
  static async create(options: VerifierOptions): Promise<TicketVerifier> {
    if (options.keys.length === 0) throw new TypeError('relay: give at least one key that tickets are signed with');
    return new TicketVerifier(options, await Promise.all(options.keys.map(verifier)));
  }

  private constructor(options: VerifierOptions, keys: readonly Verify[]) {
    this.#options = options;
    this.#keys = keys;
  }

  /** The claims of a ticket. Rejects with a TicketError that says what is wrong. */
  async verify(ticket: string): Promise<TicketClaims> {
    if (ticket === '') throw new TicketError('there is no ticket');
    const parts = ticket.length <= MOST_TICKET_CHARACTERS ? ticket.split('.') : [];
    const [header, payload, signature] = parts;
    const head: (object & Header) | undefined = decodeJson(header);
    const bytes = decodeBytes(signature ?? '');
    if (parts.length !== 3 || !head || !bytes || 'crit' in head) throw new TicketError('the ticket is no signed token');
    const keys = this.#keys.filter(
      ({ alg, kid }) => alg === head.alg && (kid === undefined || head.kid === undefined || kid === head.kid),
    );
    const data = utf8(`${header}.${payload}`);
    const verdicts = await Promise.all(keys.map((key) => key.verify(bytes, data)));
    if (!verdicts.includes(true)) throw new TicketError('the ticket is not signed with a key of this relay');
    return this.#judge(decodeJson(payload));
  }

  #judge(claims: Record<string, unknown> | undefined): TicketClaims {
    if (!claims || !hasRightForm(claims)) throw new TicketError('the ticket lacks a claim, or one is of a wrong kind');
    const { audience, longestLifeMs } = this.#options;
    const nowMs = this.#options.now();
    const audiences = typeof claims.aud === 'string' ? [claims.aud] : claims.aud;
    if (!audiences.includes(audience)) throw new TicketError(`the ticket is not for this relay (${audience})`);
    if (claims.exp * 1000 <= nowMs) throw new TicketError('the ticket has expired');
    if (claims.exp * 1000 > nowMs + longestLifeMs) {
      throw new TicketError(`the ticket lives longer than the ${longestLifeMs / 1000} s that this relay allows`);
    }
    if ((claims.nbf ?? 0) * 1000 > nowMs + LEEWAY_MS) throw new TicketError('the ticket is not valid yet');
    return claims;
  }
}

async function verifier(key: TicketKey): Promise<Verify> {
  const alg = algorithmOf(key);
  const algorithm = ALGORITHMS[alg] as Algorithm;
  const { d: _private, ...publicPart } = bare(key);
  const usable = await crypto.subtle.importKey('jwk', publicPart, algorithm.import as Algorithm2, false, ['verify']);
  return {
    alg,
    kid: key.kid,
    verify: (signature, data) =>
      crypto.subtle.verify(algorithm.sign as Algorithm2, usable, signature as BufferSource, data as BufferSource),
  };
}

function algorithmOf({ kty, crv, k }: TicketKey): string {
  if (kty === 'EC' && crv === 'P-256') return 'ES256';
  if (kty === 'OKP' && crv === 'Ed25519') return 'EdDSA';
  const secretBytes = kty === 'oct' ? (decodeBytes(k ?? '')?.length ?? 0) : 0;
  if (secretBytes >= SHORTEST_SECRET_BYTES) return 'HS256';
  throw new TypeError(
    `relay: a ticket key is a JSON Web Key: oct of ${SHORTEST_SECRET_BYTES} bytes or more, P-256 or Ed25519`,
  );
}

/** Without what would restrict its use here. */
function bare({ kid: _kid, key_ops: _ops, use: _use, alg: _alg, ...key }: TicketKey): JsonWebKey {
  return key;
}

function hasRightForm(claims: Record<string, unknown>): claims is Record<string, unknown> & TicketClaims {
  const { sub, aud, exp, nbf, destinations, bytesPerSecond } = claims;
  const isText = (value: unknown) => typeof value === 'string';
  const isAmount = (value: unknown) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
  return (
    typeof sub === 'string' &&
    sub !== '' &&
    sub.length <= 128 &&
    (isText(aud) || (Array.isArray(aud) && aud.every(isText))) &&
    isAmount(exp) &&
    (nbf === undefined || isAmount(nbf)) &&
    Array.isArray(destinations) &&
    destinations.length <= MOST_DESTINATIONS &&
    destinations.every(isText) &&
    (bytesPerSecond === undefined || isAmount(bytesPerSecond))
  );
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function encodeJson(value: object): string {
  return encodeBytes(utf8(JSON.stringify(value)));
}

function encodeBytes(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

interface Header {
  readonly alg?: unknown;
  readonly kid?: unknown;
}

function decodeJson(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const bytes = decodeBytes(text ?? '');
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** base64url without padding (RFC 7515 §2). */
function decodeBytes(text: string): Uint8Array | undefined {
  if (!/^[\w-]+$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) =>
      character.charCodeAt(0),
    );
  } catch {
    return undefined;
  }
}
