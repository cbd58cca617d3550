import * as constants from '../../src/generated/constants.js';

/**
 * Which usrsctp the tests run on: the release that is pinned, or upstream's main, where `./build.sh --source DIR` has built
 * that. What a test expects of the one and not of the other is here, each with its reason.
 */
export const upstream = 'SCTP_ACCEPT_ZERO_CHECKSUM' in constants ? 'main' : '0.9.5.0';

const isMain = upstream === 'main';

/** RTO.Initial, which the raw API leaves as it is: main has that of RFC 9260 16, the release still that of RFC 4960 15. */
export const RTO_INITIAL_MS = isMain ? 1000 : 3000;
