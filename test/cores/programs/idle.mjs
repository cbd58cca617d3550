// Starts workers that have nothing to do: node idle.mjs STEERING. Prints, as JSON, how often all threads were woken in two seconds, and the
// processor time that they used in ms.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cores } from '../../../dist/cores.js';

const MEASURED_MS = 2000;
const [steering] = process.argv.slice(2);
const udp = { addresses: ['127.0.0.1', '127.0.0.2'], port: 0 };
const cores = await Cores.start(new URL('echo.mjs', import.meta.url), { workers: 4, steering, udp });
await sleep(1000);
const before = wakings();
const cpu = process.cpuUsage();
await sleep(MEASURED_MS);
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ wakings: wakings() - before, cpuMs: Math.round((user + system) / 1000) }));
await cores.close();

/** How often the threads of this process have waited for something: each time they were woken by it. */
function wakings() {
  return readdirSync('/proc/self/task').reduce((sum, task) => {
    const [, count = 0] = /^voluntary_ctxt_switches:\s*(\d+)$/m.exec(
      readFileSync(`/proc/self/task/${task}/status`, 'utf8'),
    );
    return sum + Number(count);
  }, 0);
}
