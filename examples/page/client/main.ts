// The live page: shows what the worker tells of the association until it ends.
import { Card } from './card.js';
import { Chart } from './chart.js';
import type { Load } from './conversation.js';
import { bytes, find, log } from './dom.js';
import { History } from './history.js';
import { type Conditions, DELAYS_MS } from './lane.js';
import type { News, Sample, Wish } from './protocol.js';
import { Stage } from './stage.js';

const SPAN_MS = 30_000;
const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
const SHOW_MS = isStill ? 1000 : 100;
/** A frame that takes longer is one too many. */
const SLOW_MS = 30;
const startMs = performance.now();
const elapsedMs = () => performance.now() - startMs;

const worker = new Worker('/worker.js', { type: 'module' });
const ask = (wish: Wish) => worker.postMessage(wish);
const history = new History(SPAN_MS);
const charts = [
  new Chart({ id: 'rates', label: 'rate', minTop: 100_000, text: (value) => `${bytes(value)}/s` }, history),
  new Chart({ id: 'cwnds', label: 'cwnd', minTop: 10_000, text: bytes }, history),
  new Chart({ id: 'srtts', label: 'srtt', minTop: 50, text: (value) => `${Math.round(value)} ms` }, history),
];
let stage: Stage | undefined;
let cards: readonly Card[] = [];

worker.addEventListener('message', ({ data: news }: MessageEvent<News>) => {
  if (news.type === 'up') begin(news.relays, news.tookMs, news.streams);
  else if (news.type === 'seen') stage?.seen(news.sighting);
  else if (news.type === 'sample') keep(news.sample);
  else if (news.type === 'path') tell(`path ${news.lane + 1} ${news.change}`, news.lane, news.address);
  else if (news.type === 'echo')
    log(find('#echoes'), elapsedMs(), news.text, undefined, `back after ${Math.round(news.tripMs)} ms`);
  else end(news.error);
});

function begin(relays: readonly string[], tookMs: number, streams: number): void {
  tell(`association is up: ${streams} streams`, undefined, `${Math.round(tookMs)} ms`);
  stage = new Stage(relays, isStill);
  cards = DELAYS_MS.map((delayMs, lane) => new Card(lane, delayMs, (conditions) => change(lane, conditions)));
  const choose = () => ask({ type: 'load', load: find<HTMLInputElement>('#load input:checked').value as Load });
  find('#load').addEventListener('change', choose);
  choose();
  find('#pad').addEventListener('submit', (event) => {
    event.preventDefault();
    const input = find<HTMLInputElement>('#text');
    if (input.value.trim() !== '') ask({ type: 'say', text: input.value.trim() });
    input.value = '';
  });
  animate();
}

let latest: Sample | undefined;
let shownAtMs = 0;

function paint(): void {
  stage?.frame();
  const now = performance.now();
  if (latest === undefined || now - shownAtMs < SHOW_MS) return;
  shownAtMs = now;
  show(latest);
  for (const chart of charts) chart.draw(now);
}

/** Paints as often as the browser can; one that is slow at it gets most of its time for all else. */
function animate(): void {
  const askedMs = performance.now();
  requestAnimationFrame(() => {
    paint();
    const lateMs = performance.now() - askedMs;
    setTimeout(animate, lateMs > SLOW_MS ? 3 * lateMs : 0);
  });
}

function keep(sample: Sample): void {
  latest = sample;
  history.add({
    atMs: performance.now(),
    rates: sample.lanes.map(({ rate }) => rate),
    cwnds: sample.lanes.map(({ path }) => path?.cwnd ?? 0),
    srtts: sample.lanes.map(({ path }) => path?.srttMs ?? 0),
    active: sample.lanes.map(({ path }) => path?.state === 'active'),
  });
}

function change(lane: number, conditions: Partial<Conditions>): void {
  ask({ type: 'conditions', lane, conditions });
  if (conditions.isCut === undefined) return;
  const what = conditions.isCut ? 'cut' : 'heal';
  history.mark({ atMs: performance.now(), lane, what });
  tell(`you ${what} the cable of path ${lane + 1}`, lane);
}

function show({ state, lanes, sent, echoed, missing, silenceMs }: Sample): void {
  stage?.update(lanes);
  for (const [index, lane] of lanes.entries()) cards[index]?.update(lane);
  find('#echoed').textContent = echoed.toLocaleString('en');
  find('#underway').textContent = String(sent - echoed);
  find('#missing').textContent = String(missing);
  find('#missing-tile').className = `card tile ${missing === 0 ? 'good' : 'bad'}`;
  find('#silence').textContent = silenceMs === undefined ? '–' : `${Math.round(silenceMs)} ms`;
  status(`${state} · ${Math.floor(elapsedMs() / 1000)} s`, state === 'open');
}

function end(error: string | undefined): void {
  latest = undefined;
  status(stage === undefined ? 'not connected' : 'closed', false);
  tell(error ?? 'the association was shut down', undefined);
}

function status(text: string, isGood: boolean): void {
  const state = find('#association');
  if (state.textContent !== text) state.textContent = text;
  state.className = `state ${isGood ? 'is-good' : 'is-bad'}`;
}

function tell(text: string, lane: number | undefined, figure = ''): void {
  log(find('#events'), elapsedMs(), text, lane, figure);
}
