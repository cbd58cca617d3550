/** Two hosts on a network without impairments. `run` lets virtual time pass until a promise settles. */
export function simulated(Network) {
  const network = new Network({ seed: 1, conditions: { latencyMs: 0.001 }, traceLength: 0 });
  const hosts = [network.host('client', ['10.0.0.1']), network.host('server', ['10.0.0.2'])];
  const run = (promise) => network.runUntil(promise, Number.POSITIVE_INFINITY);
  return { network, clock: network.clock, hosts, run };
}
