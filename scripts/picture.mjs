// Makes the pictures of the live page, docs/page.webp (moving) and docs/page.png, from the page as a single file:
//   npm install --no-save sharp, then node scripts/picture.mjs
// It needs Chromium. Path 1 is cut after 1.5 s and restored after 5.5 s.
import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const { default: sharp } = await import('sharp').catch(() => {
  console.error('install sharp first: npm install --no-save sharp');
  process.exit(1);
});

const FILE = 'build/page/index.html';
const SIZE = { width: 900, height: 660 };
const STILL = { width: 1180, height: 1180 };
const FRAME_MS = 125;
const LENGTH_MS = 8500;
const ACTIONS = [
  { atMs: 1500, key: '1' },
  { atMs: 5500, key: '1' },
];

execFileSync(process.execPath, ['examples/page/single-file.mjs', FILE]);
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
await writeMoving(await open(SIZE, 5000));
await writeStill(await open(STILL, 20_000)); // until the lines of the charts have a length
await browser.close();

async function open(viewport, afterMs) {
  const page = await browser.newPage({ viewport, colorScheme: 'light' });
  await page.goto(pathToFileURL(FILE).href);
  await page.waitForTimeout(afterMs);
  return page;
}

/** Each frame is shown for as long as the next one took to come. */
async function writeMoving(page) {
  const frames = [];
  const actions = [...ACTIONS];
  const startMs = performance.now();
  for (let atMs = 0; atMs < LENGTH_MS; atMs = performance.now() - startMs) {
    if (atMs >= (actions[0]?.atMs ?? Infinity)) await page.keyboard.press(actions.shift().key);
    frames.push({ atMs, png: await page.screenshot() });
    await page.waitForTimeout(Math.max(0, FRAME_MS - (performance.now() - startMs - atMs)));
  }
  const delay = frames.map(({ atMs }, index) => Math.round((frames[index + 1]?.atMs ?? LENGTH_MS + 1000) - atMs));
  await sharp(
    frames.map(({ png }) => png),
    { join: { animated: true } },
  )
    .webp({ quality: 50, effort: 6, delay, loop: 0 })
    .toFile('docs/page.webp');
  console.log(`docs/page.webp: ${frames.length} frames`);
  await page.close();
}

async function writeStill(page) {
  await page.keyboard.press('1');
  await page.waitForTimeout(4000);
  const png = await page.screenshot();
  await sharp(png).png({ palette: true }).toFile('docs/page.png');
  console.log('docs/page.png');
}
