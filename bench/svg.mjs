// A picture of the results: for each row and metric a bar per contestant, with a line from minimum to maximum.
import { digits } from './table.mjs';

const BAR = 16;
const GAP = 30;
const LEFT = 110;
const WIDTH = 460;
const COLOURS = { ours: '#2a6fbb', 'ours, direct': '#74a9dd', raw: '#a9c9ea' };
const OTHER = '#b0b0b0';

export function svgOf(rows, results) {
  let y = 10;
  const parts = [];
  for (const { name, label, metrics, contestants } of rows) {
    for (const [metric, { unit }] of Object.entries(metrics)) {
      const bars = Object.keys(contestants).map((each) => [each, results.summary(name, metric, each)]);
      parts.push(text(0, y + 12, `${label}, ${unit}`, 'bold'));
      y += BAR + 4;
      const most = Math.max(...bars.map(([, summary]) => summary?.max ?? 0));
      for (const [contestant, summary] of bars) {
        parts.push(bar(contestant, summary, WIDTH / most, y));
        y += BAR;
      }
      y += GAP - BAR;
    }
  }
  const size = `width="${LEFT + WIDTH + 90}" height="${y}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="11">\n${parts.join('\n')}\n</svg>\n`;
}

function bar(contestant, summary, scale, y) {
  const label = text(0, y + 11, contestant);
  if (summary === undefined) return `${label}${text(LEFT, y + 11, 'failed')}`;
  const { median, min, max } = summary;
  const at = (number) => (LEFT + number * scale).toFixed(1);
  const fill = COLOURS[contestant] ?? OTHER;
  const body = `<rect x="${LEFT}" y="${y}" width="${(median * scale).toFixed(1)}" height="${BAR - 3}" fill="${fill}"/>`;
  const middle = y + (BAR - 3) / 2;
  const range = `<line x1="${at(min)}" x2="${at(max)}" y1="${middle}" y2="${middle}" stroke="#333"/>`;
  return `${label}${body}${range}${text(Number(at(max)) + 6, y + 11, digits(median))}`;
}

function text(x, y, content, weight = 'normal') {
  return `<text x="${x}" y="${y}" font-weight="${weight}">${content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
}
