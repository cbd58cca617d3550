// npm run soak -- [--scale N] [--part NAME]...
//
// What a stack goes through in a year, on dist/: each part prints what it has done, and fails if a message is lost, damaged or
// out of order, if memory grows, or if the stack wakes up without a reason. --scale 0.001 does a thousandth of it.
import { parseArgs } from 'node:util';
import { disturbances } from './disturbances.mjs';
import { manyAssociations } from './many-associations.mjs';
import { month } from './month.mjs';
import { setUps } from './set-ups.mjs';
import { udpTransfer } from './udp-transfer.mjs';

const PARTS = {
  'set-ups': (scale) => setUps(Math.max(200, Math.round(1_000_000 * scale))),
  month: (scale) => month(Math.max(0.1, 30 * scale)),
  associations: (scale) => manyAssociations(Math.max(30, Math.round(1000 * Math.min(1, scale * 50))), scale),
  udp: (scale) => udpTransfer(Math.max(2, Math.round(7200 * scale))),
  disturbances: () => disturbances(),
};

const { values } = parseArgs({
  options: { scale: { type: 'string', default: '1' }, part: { type: 'string', multiple: true } },
});
const scale = Number(values.scale);
const parts = values.part ?? Object.keys(PARTS);
if (!(scale > 0) || parts.some((part) => !(part in PARTS))) {
  console.error(`npm run soak -- --scale N [--part ${Object.keys(PARTS).join('|')}]...`);
  process.exit(2);
}
for (const part of parts) {
  const startedMs = performance.now();
  try {
    const result = await PARTS[part](scale);
    console.log(`${part}: ${result} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`);
  } catch (error) {
    console.error(`${part}: failed:`, error);
    process.exitCode = 1;
  }
}
