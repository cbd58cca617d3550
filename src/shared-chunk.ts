// What most entries import. scripts/bundle.mjs injects this file into each of them, so that esbuild puts all of it into one
// file of dist/. Otherwise index.js would load 13 more files. Each of them costs Node 0.5 ms: together a tenth of a cold start.
import './address.js';
import './arguments.js';
import './clock.js';
import './errors.js';
import './event-listeners.js';
import './nearest-name.js';
import './packet.js';
import './ppid.js';
import './printable.js';
import './random.js';
import './share.js';
import './transport/host.js';
import './uncaught.js';
import './wait.js';
import './wire/crc32c.js';
import './wire/parameter.js';
import './wire/tlv.js';
