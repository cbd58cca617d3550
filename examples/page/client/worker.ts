// The association runs in a worker, so that painting the page doesn't delay the protocol's timers.
import { type PacketEvent, Throttle } from './link.js';
import { Observer } from './observer.js';
import type { Report, Request } from './protocol.js';
import { relayedNetwork } from './relayed.js';
import { connect } from './session.js';
import { simulatedNetwork } from './simulated.js';
import { SIMULATED } from './start-worker.js';

const SAMPLE_MS = 100;

const report = (event: Report) => postMessage(event);

run().then(
  () => report({ type: 'ended', error: undefined }),
  (error) => report({ type: 'ended', error: String(error) }),
);

async function run(): Promise<void> {
  const throttle = new Throttle();
  const seen = (event: PacketEvent) => {
    observer?.seen(event);
    if (throttle.passes(event)) report({ type: 'seen', event });
  };
  let observer: Observer | undefined;
  const session = await connect(await (self.name === SIMULATED ? simulatedNetwork() : relayedNetwork()), seen);
  const { transport, association, conversation } = session;
  const watching = new Observer(session);
  observer = watching;
  const { elapsedMs, streams } = association.setup;
  report({ type: 'up', addresses: transport.addresses, tookMs: elapsedMs, streams: streams.outbound });
  association.on('path', ({ address, change, mtu }) =>
    report({
      type: 'path',
      link: watching.linkOf(address),
      address,
      change: mtu === undefined ? change : `MTU ${mtu} B`,
    }),
  );

  addEventListener('message', ({ data: request }: MessageEvent<Request>) => {
    if (request.type === 'load') conversation.load = request.load;
    else if (request.type === 'say') conversation.say(request.text).then((echo) => report({ type: 'echo', ...echo }));
    else {
      Object.assign(transport.links[request.link]?.conditions ?? {}, request.conditions);
      if (request.conditions.isCut) conversation.watch();
    }
  });
  const sampling = setInterval(() => report({ type: 'sample', sample: watching.sample() }), SAMPLE_MS);
  await conversation.run().finally(() => clearInterval(sampling));
}
