import { webcrypto } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { signTicket, type TicketClaims, TicketError, type TicketKey, TicketVerifier } from '../../src/relay/ticket.js';

const NOW_S = 1_800_000_000;
const SECRET: TicketKey = { kty: 'oct', k: Buffer.alloc(32, 1).toString('base64url'), kid: 'a' };
const CLAIMS: TicketClaims = { sub: 'alice', aud: 'relay.test', exp: NOW_S + 60, destinations: ['192.0.2.1:9899'] };

function verifier(keys: readonly TicketKey[] = [SECRET]): Promise<TicketVerifier> {
  return TicketVerifier.create({ keys, audience: 'relay.test', maxLifeMs: 3_600_000, now: () => NOW_S * 1000 });
}

async function refusalOf(ticket: string, keys?: readonly TicketKey[]): Promise<string> {
  const error = await (await verifier(keys)).verify(ticket).then(
    () => new Error('it was accepted'),
    (reason: Error) => reason,
  );
  expect(error).toBeInstanceOf(TicketError);
  return error.message;
}

/** A token with any header, claims and signature. */
function token(header: object, claims: unknown, signature = 'AAAA'): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.${signature}`;
}

const pairs: { [name in 'ES256' | 'EdDSA']?: { secret: TicketKey; open: TicketKey } } = {};

beforeAll(async () => {
  const generate = async (name: 'ES256' | 'EdDSA', algorithm: object) => {
    const pair = (await webcrypto.subtle.generateKey(algorithm as never, true, [
      'sign',
      'verify',
    ])) as unknown as CryptoKeyPair;
    const [secret, open] = await Promise.all(
      [pair.privateKey, pair.publicKey].map((key) => crypto.subtle.exportKey('jwk', key)),
    );
    pairs[name] = { secret: secret!, open: open! };
  };
  await generate('ES256', { name: 'ECDSA', namedCurve: 'P-256' });
  await generate('EdDSA', { name: 'Ed25519' });
});

describe('tickets', () => {
  test('one that is signed with the shared secret is accepted', async () => {
    expect(await (await verifier()).verify(await signTicket(CLAIMS, SECRET))).toEqual(CLAIMS);
  });

  test.each(['ES256', 'EdDSA'] as const)(
    'one that is signed with a private key is accepted by the public one: %s',
    async (name) => {
      const { secret, open } = pairs[name]!;
      const signed = await signTicket(CLAIMS, secret);
      expect(JSON.parse(Buffer.from(signed.split('.')[0]!, 'base64url').toString())).toEqual({ alg: name, typ: 'JWT' });
      expect(await (await verifier([SECRET, open])).verify(signed)).toEqual(CLAIMS);
      expect(await (await verifier([secret])).verify(signed)).toEqual(CLAIMS);
    },
  );

  test('the JWS of RFC 7515 appendix A.1 verifies', async () => {
    const key: TicketKey = {
      kty: 'oct',
      k: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
    };
    const jws =
      'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    expect(await refusalOf(jws, [key])).toBe('the ticket lacks a claim, or a claim has the wrong type'); // the signature is right
    expect(await refusalOf(jws)).toBe('the ticket is not signed with a key of this relay');
  });

  test.each<[string, Partial<TicketClaims>, string]>([
    ['expired', { exp: NOW_S }, 'the ticket has expired'],
    ['long-lived', { exp: NOW_S + 3601 }, 'the ticket is valid for longer than the 3600 s that this relay allows'],
    ['not valid yet', { nbf: NOW_S + 30 }, 'the ticket is not valid yet'],
    ['without audience', { aud: [] }, 'the ticket is not for this relay (relay.test)'],
    ['for another audience', { aud: 'relay.example' }, 'the ticket is not for this relay (relay.test)'],
    ['for other audiences', { aud: ['x', 'y'] }, 'the ticket is not for this relay (relay.test)'],
    ['without subject', { sub: '' }, 'the ticket lacks a claim, or a claim has the wrong type'],
    ['with a negative rate', { bytesPerSecond: -1 }, 'the ticket lacks a claim, or a claim has the wrong type'],
    [
      'with too many destinations',
      { destinations: Array(65).fill('*:1') },
      'the ticket lacks a claim, or a claim has the wrong type',
    ],
  ])('one that is %s is refused', async (_what, changes, refusal) => {
    expect(await refusalOf(await signTicket({ ...CLAIMS, ...changes }, SECRET))).toBe(refusal);
  });

  test('one whose issuer’s clock is a few seconds ahead is accepted; one that has just expired is not', async () => {
    const early = { ...CLAIMS, nbf: NOW_S + 9 };
    expect(await (await verifier()).verify(await signTicket(early, SECRET))).toEqual(early);
    expect(await refusalOf(await signTicket({ ...CLAIMS, exp: NOW_S - 1 }, SECRET))).toBe('the ticket has expired');
  });

  test('one that was changed anywhere is refused', async () => {
    const good = await signTicket(CLAIMS, SECRET);
    const checker = await verifier();
    for (let at = 0; at < good.length; at++) {
      const changed = good[at] === 'A' ? 'B' : 'A';
      const tampered = `${good.slice(0, at)}${changed}${good.slice(at + 1)}`;
      const isSameBytes = Buffer.from(tampered.split('.')[2] ?? '', 'base64url').equals(
        Buffer.from(good.split('.')[2]!, 'base64url'),
      );
      if (isSameBytes && tampered.split('.').length === 3 && at > good.lastIndexOf('.')) continue;
      await expect(checker.verify(tampered), `changed at ${at}`).rejects.toThrow(TicketError);
    }
  });

  test('one that is signed with another key is refused', async () => {
    const other = { ...SECRET, k: Buffer.alloc(32, 2).toString('base64url') };
    expect(await refusalOf(await signTicket(CLAIMS, other))).toBe('the ticket is not signed with a key of this relay');
  });

  test('the ticket doesn’t choose the algorithm', async () => {
    const { open } = pairs.ES256!;
    const publicAsSecret: TicketKey = { kty: 'oct', k: Buffer.from(JSON.stringify(open)).toString('base64url') };
    const unsigned = [
      token({ alg: 'none' }, CLAIMS, ''),
      token({ alg: 'none' }, CLAIMS),
      token({ alg: 'RS256' }, CLAIMS),
    ];
    for (const ticket of [...unsigned, await signTicket(CLAIMS, publicAsSecret)]) await refusalOf(ticket, [open]);
    for (const alg of ['none', 'RS256', 'ES256', undefined]) {
      expect(await refusalOf(token({ alg }, CLAIMS))).toBe('the ticket is not signed with a key of this relay');
    }
    expect(await refusalOf(token({ alg: 'HS256', crit: ['exp'] }, CLAIMS))).toBe(
      'the ticket is not a signed JSON Web Token',
    );
  });

  test.each(['', 'x', '..', 'a.b', 'a.b.c.d', '!.!.!', 'e30.e30.', `${'a'.repeat(9000)}.b.c`, 'bnVsbA.bnVsbA.AAAA'])(
    'one that is not a token is refused: %#',
    async (rubbish) => void (await refusalOf(rubbish)),
  );

  test('the key is selected by its id if both the key and the ticket have one', async () => {
    const rotated = [{ ...SECRET, k: Buffer.alloc(32, 9).toString('base64url'), kid: 'b' }, SECRET];
    expect(await (await verifier(rotated)).verify(await signTicket(CLAIMS, SECRET))).toEqual(CLAIMS);
    const misnamed = await signTicket(CLAIMS, { ...SECRET, kid: 'b' });
    expect(await refusalOf(misnamed, rotated)).toBe('the ticket is not signed with a key of this relay');
  });

  test.each(['exp', 'nbf', 'bytesPerSecond'])('a claim %s that is NaN is refused before it is signed', async (name) => {
    await expect(signTicket({ ...CLAIMS, [name]: Number.NaN }, SECRET)).rejects.toThrow(`\`${name}\` is NaN`);
  });

  test.each<TicketKey>([{ kty: 'oct', k: 'c2hvcnQ' }, { kty: 'EC', crv: 'P-521' }, { kty: 'RSA' }])(
    'a key that is too short or of another type can’t be used: %j',
    async (key) => {
      await expect(verifier([key])).rejects.toThrow(TypeError);
      await expect(signTicket(CLAIMS, key)).rejects.toThrow(TypeError);
    },
  );
});
