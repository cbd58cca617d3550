import type { Random } from '../random.js';
import { RESUMPTION_BYTES } from './codec.js';

/** The tokens of a client. Until it shows that it has received the issued one, it may come back with the one before. */
interface Tokens {
  confirmed: string | undefined;
  issued: string | undefined;
}

/** The tokens that resume sessions. Each one is valid for one resumption: then the client gets another. */
export class ResumptionTokens<Session extends object> {
  readonly #random: Random;
  readonly #sessions = new Map<string, Session>();
  readonly #tokens = new Map<Session, Tokens>();
  readonly #changed: (session: Session, valid: readonly string[]) => void;

  /** `changed` is called with the tokens of a session that are valid from now on. */
  constructor(random: Random, changed: (session: Session, valid: readonly string[]) => void = () => {}) {
    this.#random = random;
    this.#changed = changed;
  }

  /** The session that a token resumes. */
  find(token: Uint8Array): Session | undefined {
    return this.#sessions.get(hex(token));
  }

  /**
   * A new token for a session. `presented`: the one that the client has resumed it with; others are no longer valid.
   */
  issue(session: Session, presented?: Uint8Array): Uint8Array {
    this.revoke(session);
    const token = new Uint8Array(RESUMPTION_BYTES);
    this.#random(token);
    const tokens = { confirmed: presented && hex(presented), issued: hex(token) };
    for (const each of [tokens.confirmed, tokens.issued]) if (each !== undefined) this.#sessions.set(each, session);
    this.#tokens.set(session, tokens);
    this.#tell(session, tokens);
    return token;
  }

  /** The client has received the token that was issued last: the one before is no longer valid. */
  received(session: Session): void {
    const tokens = this.#tokens.get(session);
    if (tokens?.confirmed === undefined) return;
    this.#sessions.delete(tokens.confirmed);
    tokens.confirmed = undefined;
    this.#tell(session, tokens);
  }

  /** Makes all tokens of a session invalid. */
  revoke(session: Session): void {
    const { confirmed = '', issued = '' } = this.#tokens.get(session) ?? {};
    this.#sessions.delete(confirmed);
    this.#sessions.delete(issued);
    this.#tokens.delete(session);
  }

  #tell(session: Session, { confirmed, issued }: Tokens): void {
    this.#changed(
      session,
      [confirmed, issued].filter((each) => each !== undefined),
    );
  }
}

/** A token as a text. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
