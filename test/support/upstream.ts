import { readFileSync } from 'node:fs';
import * as constants from '../../src/generated/constants.js';

/**
 * The usrsctp under test: the pinned release, or upstream's main if `./build.sh --source DIR` has built that. This file has all
 * values that tests expect of one and not of the other, with the reasons.
 */
export const upstream = 'SCTP_ACCEPT_ZERO_CHECKSUM' in constants ? 'main' : '0.9.5.0';

const isMain = upstream === 'main';

/** The usrsctp.h of the build, which wasm/compile.sh copies there. */
export const header = readFileSync('build/wasm/usrsctp.h', 'utf8');

/** Options that the typed API doesn't have, because the pinned release lacks them. The raw API accepts them. */
export const RAW_ONLY: readonly string[] = isMain ? ['SCTP_ACCEPT_ZERO_CHECKSUM'] : [];

/** How many sysctls there are. Main has one more, for out-of-the-blue packets without checksum. */
export const SYSCTLS = isMain ? 71 : 70;

/** RTO.Initial, which the raw API doesn't change: that of RFC 9260 §16 in main, that of RFC 4960 §15 in the release. */
export const RTO_INITIAL_MS = isMain ? 1000 : 3000;
