// Runs the whole suite in Node, Deno or Bun. The first argument is the setting, as JSON.
import { runAll } from '../contract.js';
import { relayScenarios } from '../relay.js';
import { simulatedScenarios } from '../simulated.js';
import { udpScenarios } from '../udp.js';

await runAll([...simulatedScenarios, ...relayScenarios, ...udpScenarios], JSON.parse(process.argv[2] ?? '{}'));
