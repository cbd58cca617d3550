import { readFileSync } from 'node:fs';
import * as constants from '../../src/generated/constants.js';

/**
 * Which usrsctp the tests run on: the release that is pinned, or upstream's main, where `./build.sh --source DIR` has built
 * that. What a test expects of the one and not of the other is here, each with its reason.
 */
export const upstream = 'SCTP_ACCEPT_ZERO_CHECKSUM' in constants ? 'main' : '0.9.5.0';

const isMain = upstream === 'main';

/** usrsctp.h of what was built: wasm/compile.sh puts it there. */
export const header = readFileSync('build/wasm/usrsctp.h', 'utf8');

/** Options of usrsctp.h that the typed API has no name for, because the pinned release lacks them. The raw API takes them. */
export const RAW_ONLY: readonly string[] = isMain ? ['SCTP_ACCEPT_ZERO_CHECKSUM'] : [];

/** How many sysctls there are. Main has one more: whether a packet out of the blue may have no checksum. */
export const SYSCTLS = isMain ? 71 : 70;

/** RTO.Initial, which the raw API leaves as it is: main has that of RFC 9260 16, the release still that of RFC 4960 15. */
export const RTO_INITIAL_MS = isMain ? 1000 : 3000;
