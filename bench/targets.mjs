// What the issue "Performance" asks for, beside what was measured.

/** In memory, where there is one thread, by its processor time: a busy machine changes that least. */
const bulk = (world, size) => [`${world}.bulk.${size}`, world === 'memory' ? 'mbPerCpuS' : 'mbPerS'];

/** The second contestant's numbers are those of the same row unless it is said whose. */
const ratio = (text, [row, metric], contestant, other, least, elsewhere = [row, metric]) => ({
  text,
  least,
  measure: (results) => results.ratio(row, metric, contestant, [...elsewhere, other]),
});
const most = (text, row, metric, limit) => ({
  text,
  most: limit,
  measure: (results) => results.summary(row, metric, 'ours'),
});
const mostRatio = (text, key, other, limit) => {
  const { measure } = ratio(text, key, 'ours', other, 0);
  return { text, most: limit, measure };
};

export const targets = [
  ratio('in memory ÷ native as upstream, 64 B', bulk('memory', 64), 'ours', 'native', 0.7),
  ratio('in memory ÷ native as upstream, 1 KB', bulk('memory', 1024), 'ours', 'native', 0.85),
  ratio('in memory ÷ native as upstream, 16 KB', bulk('memory', 16384), 'ours', 'native', 0.95),
  ratio('in memory ÷ native as upstream, 64 KB', bulk('memory', 65536), 'ours', 'native', 0.95),
  ratio('in memory ÷ werift, 64 B', bulk('memory', 64), 'ours', 'werift', 8),
  ratio('in memory ÷ werift, 1 KB', bulk('memory', 1024), 'ours', 'werift', 8),
  ratio('in memory ÷ werift, 16 KB', bulk('memory', 16384), 'ours', 'werift', 8),
  ratio('in memory ÷ werift, 64 KB', bulk('memory', 65536), 'ours', 'werift', 8),
  ratio('UDP ÷ native threaded, 16 KB', bulk('udp', 16384), 'ours', 'native', 1),
  ratio('UDP, 16 KB ÷ dgram of the same packets', bulk('udp', 16384), 'ours', 'dgram', 0.6),
  ratio('UDP ÷ werift, 64 B', bulk('udp', 64), 'ours', 'werift', 8),
  ratio('UDP ÷ werift, 1 KB', bulk('udp', 1024), 'ours', 'werift', 5),
  ratio('UDP ÷ werift, 16 KB', bulk('udp', 16384), 'ours', 'werift', 5),
  ratio('UDP ÷ werift, 64 KB', bulk('udp', 65536), 'ours', 'werift', 5),
  mostRatio('UDP: CPU per GB ÷ native threaded, 16 KB', ['udp.bulk.16384', 'cpuPerGb'], 'native', 1),
  most('round trip in memory, µs', 'memory.roundtrip', 'p50', 10),
  mostRatio('round trip over UDP ÷ werift', ['udp.roundtrip', 'p50'], 'werift', 1 / 3),
  ratio('set-ups ÷ native as upstream', ['memory.setups', 'perS'], 'ours', 'native', 0.8),
  most('an idle pair, KB', 'memory.idle', 'kb', 20),
  most('the wasm, KB brotli', 'size.wasm', 'kb', 105),
  most('cold start, ms', 'cold', 'ms', 15),
  {
    text: 'timers of an idle pair ÷ heartbeats sent and answered',
    most: 1,
    measure: (results) => results.ratio('timers', 'fired', 'ours', ['timers', 'heartbeats', 'ours']),
  },
];

/** Does a measured target hold? By its median. */
export function holds({ least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY }, { median }) {
  return median >= least && median <= most;
}
