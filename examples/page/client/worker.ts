// The association lives in a worker: whatever the page paints, it doesn't hold up the protocol's timers.
import { type Sighting, Throttle } from './lane.js';
import { Observer } from './observer.js';
import type { News, Wish } from './protocol.js';
import { connect } from './session.js';

const SAMPLE_MS = 100;

const tell = (news: News) => postMessage(news);

try {
  await run();
  tell({ type: 'ended', error: undefined });
} catch (error) {
  tell({ type: 'ended', error: String(error) });
}

async function run(): Promise<void> {
  const throttle = new Throttle();
  const seen = (sighting: Sighting) => {
    observer?.seen(sighting);
    if (throttle.passes(sighting)) tell({ type: 'seen', sighting });
  };
  let observer: Observer | undefined;
  const session = await connect(seen);
  const { wires, association, conversation } = session;
  const watching = new Observer(session);
  observer = watching;
  const { elapsedMs, streams } = association.setup;
  tell({ type: 'up', relays: wires.addresses, tookMs: elapsedMs, streams: streams.outbound });
  association.on('path', ({ address, change }) =>
    tell({ type: 'path', lane: watching.laneOf(address), address, change }),
  );

  addEventListener('message', ({ data: wish }: MessageEvent<Wish>) => {
    if (wish.type === 'load') conversation.load = wish.load;
    else if (wish.type === 'say') conversation.say(wish.text).then((echo) => tell({ type: 'echo', ...echo }));
    else {
      Object.assign(wires.lanes[wish.lane]?.conditions ?? {}, wish.conditions);
      if (wish.conditions.isCut) conversation.watch();
    }
  });
  const sampling = setInterval(() => tell({ type: 'sample', sample: watching.sample() }), SAMPLE_MS);
  await conversation.run().finally(() => clearInterval(sampling));
}
