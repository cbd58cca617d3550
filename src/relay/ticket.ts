import { base64url, decodeProtectedHeader, errors, importJWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { checkObject } from '../arguments.js';

/**
 * The claims of a ticket. A ticket is a JSON Web Token (RFC 7519) in JWS compact form, signed with HS256, ES256 or
 * EdDSA (Ed25519), so that any JWT library can issue one.
 */
export interface TicketClaims {
  /** The client that the ticket was issued to; limits per subject use it. 1 to 128 characters. */
  readonly sub: string;
  /** The `audience` of the relays that the ticket is for. */
  readonly aud: string | readonly string[];
  /** Expiry, in s since 1970. It must not be further in the future than the relay allows. */
  readonly exp: number;
  /** Not valid before, in s since 1970. */
  readonly nbf?: number;
  /** The destinations that the client may send to, such as `203.0.113.7:9899` or `[2001:db8::]/32:*`; see `policy.ts`. */
  readonly destinations: readonly string[];
  /** The most bytes per second, in each direction; the relay's own limit applies as well. */
  readonly bytesPerSecond?: number;
}

/** A JSON Web Key (RFC 7517): `oct`, `EC` with P-256, or `OKP` with Ed25519. */
export interface TicketKey {
  /** The type of the key: `oct`, `EC` or `OKP`. */
  readonly kty?: string;
  /** The curve: `P-256` or `Ed25519`. */
  readonly crv?: string;
  /** The public key, or its x coordinate, in base64url. */
  readonly x?: string;
  /** The y coordinate of the public key, in base64url. */
  readonly y?: string;
  /** The private key, in base64url. It is needed only to sign tickets. */
  readonly d?: string;
  /** The secret of an `oct` key, at least 32 bytes, in base64url. */
  readonly k?: string;
  /** The algorithm that the key is meant for. Ignored: the type of the key decides. */
  readonly alg?: string;
  /** What the key is meant for. Ignored. */
  readonly use?: string;
  /** What the key is meant for. Ignored. */
  readonly key_ops?: string[];
  /** The id of the key. If both the key and the ticket have one, they must match. */
  readonly kid?: string;
}

/** Why a ticket was refused, in a sentence. */
export class TicketError extends Error {
  override readonly name = 'TicketError';
}

export interface VerifierOptions {
  readonly keys: readonly TicketKey[];
  readonly audience: string;
  /** How far in the future an expiry may be, in ms. */
  readonly maxLifeMs: number;
  /** The time in ms since 1970. */
  now(): number;
}

interface VerificationKey {
  readonly alg: string;
  readonly kid: string | undefined;
  readonly key: Awaited<ReturnType<typeof importJWK>>;
}

const MAX_TICKET_CHARACTERS = 8192;
const MAX_DESTINATIONS = 64;
const MIN_SECRET_BYTES = 32;
/** How far the issuer's clock may be ahead of ours. */
const LEEWAY_S = 10;

const WRONG_CLAIM = 'the ticket lacks a claim, or a claim has the wrong type';

/**
 * Signs a ticket with a secret or private key. Rejects with TypeError if the key can't sign tickets, or if a number in
 * the claims is NaN or infinite.
 */
export async function signTicket(claims: TicketClaims, key: TicketKey): Promise<string> {
  checkObject(claims, 'the claims', 'signTicket');
  for (const name of ['exp', 'nbf', 'bytesPerSecond'] as const) {
    const value: unknown = claims[name];
    // JSON would turn it into null, and no relay would accept the ticket.
    if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`relay: \`${name}\` is ${value}`);
  }
  const alg = algorithmOf(key);
  const header = { alg, typ: 'JWT', ...(key.kid !== undefined && { kid: key.kid }) };
  const signingKey = await importJWK(withoutRestrictions(key), alg);
  return new SignJWT({ ...claims } as JWTPayload).setProtectedHeader(header).sign(signingKey);
}

/** Verifies tickets. Each key has one algorithm; what the ticket's header says only selects among the keys. */
export class TicketVerifier {
  readonly #options: VerifierOptions;
  readonly #keys: readonly VerificationKey[];

  /** Rejects with TypeError if a key can't verify tickets. */
  static async create(options: VerifierOptions): Promise<TicketVerifier> {
    if (options.keys.length === 0) throw new TypeError('relay: `keys` must list at least one key');
    return new TicketVerifier(options, await Promise.all(options.keys.map(verificationKey)));
  }

  private constructor(options: VerifierOptions, keys: readonly VerificationKey[]) {
    this.#options = options;
    this.#keys = keys;
  }

  /** Resolves with the claims of a valid ticket. Rejects with TicketError if the ticket isn't valid. */
  async verify(ticket: string): Promise<TicketClaims> {
    if (ticket === '') throw new TicketError('there is no ticket');
    const header = headerOf(ticket);
    for (const { alg, kid, key } of this.#keys) {
      if (alg !== header.alg || (kid !== undefined && header.kid !== undefined && kid !== header.kid)) continue;
      const claims = await this.#claims(ticket, alg, key);
      if (claims !== undefined) return this.#checked(claims);
    }
    throw new TicketError('the ticket is not signed with a key of this relay');
  }

  /** `undefined` if the ticket is signed with another key. */
  async #claims(ticket: string, alg: string, key: VerificationKey['key']): Promise<JWTPayload | undefined> {
    const { audience, now } = this.#options;
    const options = { algorithms: [alg], audience, clockTolerance: LEEWAY_S, currentDate: new Date(now()) };
    try {
      return (await jwtVerify(ticket, key, options)).payload;
    } catch (error) {
      if (error instanceof errors.JWSSignatureVerificationFailed) return undefined;
      if (error instanceof errors.JOSEError) throw refusal(error, audience);
      throw error;
    }
  }

  /** Checks what is special about tickets. The leeway is for `nbf` only, so the expiry is checked again. */
  #checked(claims: JWTPayload): TicketClaims {
    if (!isTicketClaims(claims)) throw new TicketError(WRONG_CLAIM);
    const leftMs = claims.exp * 1000 - this.#options.now();
    const { maxLifeMs } = this.#options;
    if (leftMs <= 0) throw new TicketError('the ticket has expired');
    if (leftMs > maxLifeMs) {
      throw new TicketError(`the ticket is valid for longer than the ${maxLifeMs / 1000} s that this relay allows`);
    }
    return claims;
  }
}

function headerOf(ticket: string): { readonly alg?: unknown; readonly kid?: unknown } {
  try {
    if (ticket.length <= MAX_TICKET_CHARACTERS) return decodeProtectedHeader(ticket);
  } catch {
    // Refused below.
  }
  throw new TicketError('the ticket is not a signed JSON Web Token');
}

function refusal(error: errors.JOSEError, audience: string): TicketError {
  if (error instanceof errors.JWTExpired) return new TicketError('the ticket has expired', { cause: error });
  if (!(error instanceof errors.JWTClaimValidationFailed)) {
    return new TicketError('the ticket is not a signed JSON Web Token', { cause: error });
  }
  if (error.reason !== 'check_failed') return new TicketError(WRONG_CLAIM, { cause: error });
  const text = error.claim === 'nbf' ? 'the ticket is not valid yet' : `the ticket is not for this relay (${audience})`;
  return new TicketError(text, { cause: error });
}

async function verificationKey(key: TicketKey): Promise<VerificationKey> {
  const alg = algorithmOf(key);
  const { d: _private, ...publicPart } = withoutRestrictions(key);
  return { alg, kid: key.kid, key: await importJWK(publicPart, alg) };
}

function algorithmOf({ kty, crv, k }: TicketKey): string {
  if (kty === 'EC' && crv === 'P-256') return 'ES256';
  if (kty === 'OKP' && crv === 'Ed25519') return 'EdDSA';
  if (kty === 'oct' && typeof k === 'string' && base64url.decode(k).length >= MIN_SECRET_BYTES) return 'HS256';
  throw new TypeError(
    `relay: a key for tickets must be a JSON Web Key: oct of at least ${MIN_SECRET_BYTES} bytes, P-256 or Ed25519`,
  );
}

/** Without the members that limit the use of a key: those of a private key would forbid verifying with its public part. */
function withoutRestrictions({ kid: _kid, key_ops: _ops, use: _use, alg: _alg, ...key }: TicketKey): TicketKey {
  return key;
}

function isTicketClaims(claims: JWTPayload): claims is JWTPayload & TicketClaims {
  const { sub, aud, exp, nbf, destinations, bytesPerSecond }: Record<string, unknown> = claims;
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
    destinations.length <= MAX_DESTINATIONS &&
    destinations.every(isText) &&
    (bytesPerSecond === undefined || isAmount(bytesPerSecond))
  );
}
