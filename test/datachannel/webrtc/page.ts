// The page: an RTCPeerConnection of the browser. It performs the task in its URL, and reports the result.
import {
  type Exchanged,
  type Lossy,
  type Many,
  MESSAGES,
  SAMPLES,
  sampleOf,
  sha256,
  type Task,
  type Transferred,
} from './task.js';

type Channel = RTCDataChannel;

const MESSAGE_BYTES = 65_536;
const LIMIT_BYTES = 1 << 20;

const connection = new RTCPeerConnection();
/** Is called with each channel that the other end opens: at once, so that no message comes before a listener. */
let opened: (channel: Channel) => void = () => {};
connection.ondatachannel = ({ channel }) => {
  channel.binaryType = 'arraybuffer';
  opened(channel);
};

async function connect(): Promise<void> {
  await connection.setLocalDescription(await connection.createOffer());
  await new Promise<void>((resolve) => {
    connection.onicecandidate = ({ candidate }) => candidate || resolve();
    setTimeout(resolve, 500);
  });
  const body = connection.localDescription?.sdp ?? '';
  const sdp = await (await fetch(`/offer${location.search}`, { method: 'POST', body })).text();
  await connection.setRemoteDescription({ type: 'answer', sdp });
}

function open(label: string, init: RTCDataChannelInit = {}): Channel {
  const channel = connection.createDataChannel(label, init);
  channel.binaryType = 'arraybuffer';
  return channel;
}

function event(channel: Channel, name: 'open' | 'close'): Promise<void> {
  const isSo = () => channel.readyState === (name === 'open' ? 'open' : 'closed');
  return isSo() ? Promise.resolve() : new Promise((resolve) => channel.addEventListener(name, () => resolve()));
}

/** The messages of a channel, one after another. Called before connect(): a browser loses messages that nobody listens for. */
function reader(channel: Channel): () => Promise<string | ArrayBuffer> {
  const messages: (string | ArrayBuffer)[] = [];
  let heard = () => {};
  channel.addEventListener('message', ({ data }) => {
    messages.push(data);
    heard();
  });
  return async () => {
    while (messages.length === 0) await new Promise<void>((resolve) => (heard = resolve));
    return messages.shift() as string | ArrayBuffer;
  };
}

const isSame = (a: string | ArrayBuffer, b: string | ArrayBuffer): boolean =>
  typeof a === 'string' || typeof b === 'string'
    ? a === b
    : a.byteLength === b.byteLength && new Uint8Array(a).every((octet, at) => octet === new Uint8Array(b)[at]);

/** Sends each kind of message and gets it back, then returns those of the other end. */
async function exchange(): Promise<Exchanged> {
  const channel = open('echo', { protocol: 'test' });
  const other = new Promise<Channel>((resolve) => {
    opened = (theirs) => {
      theirs.onmessage = ({ data }) => theirs.send(data);
      resolve(theirs);
    };
  });
  const next = reader(channel);
  await connect();
  await event(channel, 'open');
  const wrong: string[] = [];
  for (const name of SAMPLES) {
    channel.send(sampleOf(name) as ArrayBuffer);
    if (!isSame(await next(), sampleOf(name))) wrong.push(name);
  }
  const theirs = await other;
  const { label, protocol, ordered, maxPacketLifeTime, id } = theirs;
  await event(theirs, 'close');
  return { wrong, theirs: { label, protocol, ordered, maxPacketLifeTime, isOdd: (id ?? 0) % 2 === 1 } };
}

/** Sends random bytes, and receives as many at the same time. */
async function transfer(bytes: number): Promise<Transferred> {
  const channel = open('bulk');
  const next = reader(channel);
  await connect();
  await event(channel, 'open');
  const receiving = (async () => {
    const all = new Uint8Array(bytes);
    for (let at = 0; at < bytes; ) {
      const message = new Uint8Array((await next()) as ArrayBuffer);
      all.set(message, at);
      at += message.length;
    }
    return sha256(all);
  })();
  const data = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += MESSAGE_BYTES) crypto.getRandomValues(data.subarray(at, at + MESSAGE_BYTES));
  channel.bufferedAmountLowThreshold = LIMIT_BYTES / 2;
  for (let at = 0; at < bytes; at += MESSAGE_BYTES) {
    if (channel.bufferedAmount > LIMIT_BYTES) {
      await new Promise((resolve) => channel.addEventListener('bufferedamountlow', resolve, { once: true }));
    }
    channel.send(data.subarray(at, at + MESSAGE_BYTES));
  }
  const received = await receiving;
  channel.close();
  await event(channel, 'close');
  return { sent: await sha256(data), received };
}

/** Sends numbered messages on channels with limits while packets are lost, and receives those of the other end. */
async function lossy(): Promise<Lossy> {
  const kinds = {
    unordered: { ordered: false },
    once: { ordered: false, maxRetransmits: 0 },
    timed: { maxPacketLifeTime: 100 },
  };
  const channels = Object.entries(kinds).map(([label, init]) => open(label, init));
  const control = open('control');
  const next = reader(control);
  const numbers: Record<string, number[]> = {};
  for (const channel of channels) {
    const list: number[] = [];
    numbers[channel.label] = list;
    channel.onmessage = ({ data }) => list.push(Number(data));
  }
  await connect();
  await Promise.all([control, ...channels].map((channel) => event(channel, 'open')));
  await next(); // packets are lost from now on
  for (let count = 0; count < MESSAGES; count++) {
    for (const channel of channels) channel.send(String(count).padEnd(100));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  control.send('sent');
  await next(); // the other end has sent all, and nothing is lost any more
  while (numbers['unordered']?.length !== MESSAGES) await new Promise((resolve) => setTimeout(resolve, 20));
  return { numbers };
}

/** Opens channels at once, and answers on those of the other end. Each end closes every second one of its own. */
async function many(count: number): Promise<Many> {
  const anchor = open('anchor');
  const own = Array.from({ length: count }, (_, number) => open(`page ${number}`));
  let closed = 0;
  const theirs = new Promise<void>((resolve) => {
    opened = (channel) => {
      const closesIt = Number(channel.label.split(' ')[1]) % 2 === 1;
      channel.onmessage = ({ data }) => {
        channel.send(data);
        if (closesIt) channel.close();
      };
      channel.onclose = () => {
        if (++closed === count) resolve();
      };
    };
  });
  await connect();
  const echoed = await Promise.all(
    own.map(async (channel, number) => {
      await event(channel, 'open');
      const next = reader(channel);
      channel.send(channel.label);
      const answer = await next();
      if (number % 2 === 0) channel.close();
      await event(channel, 'close');
      return answer === channel.label;
    }),
  );
  await theirs;
  await event(anchor, 'open');
  return { echoed: echoed.filter(Boolean).length };
}

async function perform(task: Task): Promise<unknown> {
  switch (task.job) {
    case 'exchange':
      return exchange();
    case 'transfer':
      return transfer(task.bytes);
    case 'lossy':
      return lossy();
    case 'many':
      return many(task.count);
  }
}

const tell = (report: object) => fetch('/report', { method: 'POST', body: JSON.stringify(report) });
perform(JSON.parse(new URL(location.href).searchParams.get('task') ?? '{}')).then(
  (result) => tell({ result }),
  (error) => tell({ error: String(error) }),
);
