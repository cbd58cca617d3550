import { firefox } from '../../browsers/engines/firefox.js';
import { webrtcSuite } from './suite.js';

/** Without these, Firefox uses no loopback, and hides its addresses behind names that only a working multicast DNS resolves. */
const PREFERENCES = {
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
};

webrtcSuite('Firefox', () => firefox(PREFERENCES));
