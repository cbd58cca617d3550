// The live page: shows what the worker reports about the association.
import { Card } from './card.js';
import { Chart } from './chart.js';
import type { Load } from './conversation.js';
import { bytes, find, log } from './dom.js';
import { History } from './history.js';
import { type Conditions, DELAYS_MS } from './link.js';
import { NetworkMap, type Places } from './network-map.js';
import type { Report, Request, Sample } from './protocol.js';
import { startWorker } from './start-worker.js';

const SPAN_MS = 30_000;
const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
const SHOW_MS = isStill ? 1000 : 100;
/** After a frame that takes longer, the next one is delayed. */
const SLOW_MS = 30;
const startMs = performance.now();
const elapsedMs = () => performance.now() - startMs;

const { worker, isSimulated } = startWorker();
document.body.classList.add(isSimulated ? 'simulated' : 'relayed');
const ask = (request: Request) => worker.postMessage(request);
const history = new History(SPAN_MS);
const charts = [
  new Chart({ id: 'rates', label: 'rate', minTop: 100_000, text: (value) => `${bytes(value)}/s` }, history),
  new Chart({ id: 'cwnds', label: 'cwnd', minTop: 10_000, text: bytes }, history),
  new Chart({ id: 'srtts', label: 'srtt', minTop: 50, text: (value) => `${Math.round(value)} ms` }, history),
];
let map: NetworkMap | undefined;
let cards: readonly Card[] = [];

worker.addEventListener('message', ({ data: report }: MessageEvent<Report>) => {
  if (report.type === 'up') begin(report.addresses, report.tookMs, report.streams);
  else if (report.type === 'seen') map?.seen(report.event);
  else if (report.type === 'sample') keep(report.sample);
  else if (report.type === 'path') tell(`path ${report.link + 1} ${report.change}`, report.link, report.address);
  else if (report.type === 'echo')
    log(find('#echoes'), elapsedMs(), report.text, undefined, `back after ${Math.round(report.tripMs)} ms`);
  else end(report.error);
});

function begin(addresses: readonly string[], tookMs: number, streams: number): void {
  tell(`association is up: ${streams} streams`, undefined, `${Math.round(tookMs)} ms`);
  map = new NetworkMap(places(addresses), isStill);
  cards = DELAYS_MS.map((delayMs, link) => new Card(link, delayMs, (conditions) => change(link, conditions)));
  const choose = () => ask({ type: 'load', load: find<HTMLInputElement>('#load input:checked').value as Load });
  find('#load').addEventListener('change', choose);
  choose();
  find('#pad').addEventListener('submit', (event) => {
    event.preventDefault();
    const input = find<HTMLInputElement>('#text');
    if (input.value.trim() !== '') ask({ type: 'say', text: input.value.trim() });
    input.value = '';
  });
  addEventListener('keydown', shortcut);
  animate();
}

/** Single keys act unless the user is writing. */
function shortcut(event: KeyboardEvent): void {
  const isWriting = (event.target as HTMLElement).id === 'text';
  if (isWriting || event.ctrlKey || event.altKey || event.metaKey) return;
  cards[Number(event.key) - 1]?.toggle();
  if (event.key !== 'm') return;
  event.preventDefault();
  find('#text').focus();
}

/** What is drawn between the page and the server. */
function places(addresses: readonly string[]): Places {
  if (isSimulated) {
    const between = addresses.map((address, index) => ({
      title: `network ${index + 1}`,
      under: address.replace(/\d+$/, '0/24'),
    }));
    return { client: 'client', server: { title: 'server', under: 'in this page' }, between };
  }
  const between = addresses.map((address, index) => ({ title: `relay ${index + 1}`, under: address }));
  return { client: 'this page', server: { title: 'server', under: 'Node, UDP' }, between };
}

let latest: Sample | undefined;
let shownAtMs = 0;

function paint(): void {
  map?.frame();
  const now = performance.now();
  if (latest === undefined || now - shownAtMs < SHOW_MS) return;
  shownAtMs = now;
  show(latest);
  for (const chart of charts) chart.draw(now);
}

/** Paints in each frame; if painting is slow, most of the time is left to other work. */
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
    rates: sample.links.map(({ rate }) => rate),
    cwnds: sample.links.map(({ path }) => path?.cwnd ?? 0),
    srtts: sample.links.map(({ path }) => path?.srttMs ?? 0),
    active: sample.links.map(({ path }) => path?.state === 'active'),
  });
}

function change(link: number, conditions: Partial<Conditions>): void {
  ask({ type: 'conditions', link, conditions });
  if (conditions.isCut === undefined) return;
  const what = conditions.isCut ? 'cut' : 'restore';
  history.mark({ atMs: performance.now(), link, what });
  tell(`you ${what === 'cut' ? 'cut' : 'restored'} path ${link + 1}`, link);
}

function show({ state, links, sent, echoed, missing, silenceMs }: Sample): void {
  map?.update(links);
  for (const [index, link] of links.entries()) cards[index]?.update(link);
  find('#echoed').textContent = echoed.toLocaleString('en');
  find('#underway').textContent = String(sent - echoed);
  find('#missing').textContent = String(missing);
  find('#missing-tile').className = `card tile ${missing === 0 ? 'good' : 'bad'}`;
  find('#silence').textContent = silenceMs === undefined ? '–' : `${Math.round(silenceMs)} ms`;
  status(`${state} · ${Math.floor(elapsedMs() / 1000)} s`, state === 'open');
}

function end(error: string | undefined): void {
  latest = undefined;
  status(map === undefined ? 'not connected' : 'closed', false);
  tell(error ?? 'the association was shut down', undefined);
}

function status(text: string, isGood: boolean): void {
  const state = find('#association');
  if (state.textContent !== text) state.textContent = text;
  state.className = `state ${isGood ? 'is-good' : 'is-bad'}`;
}

function tell(text: string, link: number | undefined, figure = ''): void {
  log(find('#events'), elapsedMs(), text, link, figure);
}
