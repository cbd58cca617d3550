// Draws the results: a card for each row and metric, in sections. A card has a bar for the median of each
// implementation, with a line from the minimum to the maximum of the repeats.
import { digits } from './table.mjs';

const TITLE = 'usrsctp-wasm: benchmarks';
const COLUMNS = 3;
const CARD = 312;
const MARGIN = 24;
const WIDTH = MARGIN + COLUMNS * (CARD + MARGIN);
const LABEL = 92;
const VALUE = 62;
const BAR = 13;
const PITCH = 19;
const HEAD = 44;
const PAD = 14;

/** Ours are blue, native ones slate, other JavaScript is amber. Upper limits are outlines. */
const COLOURS = { native: '#475569', 'native, ours': '#94a3b8', werift: '#d97706' };
const LIMITS = ['dgram', 'dgram, 1,500', 'ws', 'limit'];
const INK = '#1e293b';
const PALE = '#64748b';

export function svgOf(rows, results, about) {
  const parts = [text(MARGIN, 34, TITLE, { size: 18, weight: 600 })];
  parts.push(text(MARGIN, 54, `${about} · bars: medians, lines: minimum to maximum`, { fill: PALE }));
  let y = 72;
  for (const [title, cards] of sections(rows, results)) {
    parts.push(text(MARGIN, y + 20, `${title[0].toUpperCase()}${title.slice(1)}`, { size: 14, weight: 600 }));
    y += 32;
    for (let first = 0; first < cards.length; first += COLUMNS) {
      const line = cards.slice(first, first + COLUMNS);
      const height = Math.max(...line.map(({ bars }) => HEAD + bars.length * PITCH + PAD - 4));
      for (const [place, card] of line.entries()) {
        parts.push(drawn(card, MARGIN + place * (CARD + MARGIN), y, height));
      }
      y += height + MARGIN / 2;
    }
    y += MARGIN / 2;
  }
  const font = 'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" font-size="11"';
  const frame = `<rect width="${WIDTH}" height="${y}" rx="8" fill="#f8fafc"/>`;
  const size = `width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${font}>\n<title>${TITLE}</title>\n${frame}\n${parts.join('\n')}\n</svg>\n`;
}

/** The cards, by section: the part of the label before the colon. */
function sections(rows, results) {
  const found = new Map();
  for (const { name, label, metrics, implementations } of rows) {
    const [section, title = section] = label.split(': ');
    const plotted = Object.entries(metrics).filter(([, { plot = true }]) => plot);
    for (const [metric, { unit, isLessBetter = false }] of plotted) {
      const bars = Object.keys(implementations).map((each) => [each, results.summary(name, metric, each)]);
      const hint = `${unit} · ${isLessBetter ? 'less' : 'more'} is better`;
      found.set(section, [...(found.get(section) ?? []), { title, hint, bars }]);
    }
  }
  return found;
}

function drawn({ title, hint, bars }, x, y, height) {
  const frame = `<rect x="${x}" y="${y}" width="${CARD}" height="${height}" rx="6" fill="#fff" stroke="#e2e8f0"/>`;
  const left = x + PAD;
  const most = Math.max(...bars.map(([, summary]) => summary?.max ?? 0));
  const scale = (CARD - 2 * PAD - LABEL - VALUE) / most;
  const lines = bars.map(([implementation, summary], index) =>
    bar(implementation, summary, scale, left, y + HEAD + index * PITCH),
  );
  const head = text(left, y + 19, title, { weight: 600, size: 12 });
  return [frame, head, text(left, y + 34, hint, { fill: PALE, size: 10 }), ...lines].join('\n');
}

function bar(implementation, summary, scale, x, y) {
  const isOurs = implementation === 'ours';
  const style = { weight: isOurs ? 600 : 400 };
  const label = text(x, y + 10, implementation, style);
  const from = x + LABEL;
  if (summary === undefined) return `${label}${text(from, y + 10, 'failed', { fill: PALE })}`;
  const { median, min, max } = summary;
  const at = (number) => (from + number * scale).toFixed(1);
  const width = Math.max(1, median * scale).toFixed(1);
  const body = `<rect x="${from}" y="${y}" width="${width}" height="${BAR}" rx="2" ${paint(implementation)}/>`;
  const middle = y + BAR / 2;
  const range = `<path d="M${at(min)} ${middle}H${at(max)}M${at(min)} ${middle - 3}v6M${at(max)} ${middle - 3}v6" stroke="${INK}" stroke-opacity=".55" fill="none"/>`;
  return `${label}${body}${min === max ? '' : range}${text(Number(at(max)) + 6, y + 10, digits(median), style)}`;
}

function paint(implementation) {
  if (LIMITS.includes(implementation)) return 'fill="#f1f5f9" stroke="#94a3b8" stroke-dasharray="3 2"';
  if (implementation === 'ours') return 'fill="#2563eb"';
  return `fill="${COLOURS[implementation] ?? '#93b4f4'}"`;
}

function text(x, y, content, { weight = 400, fill = INK, size = 11 } = {}) {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" font-weight="${weight}" fill="${fill}" font-size="${size}">${safe}</text>`;
}
