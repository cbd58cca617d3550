import { type Address, type Association, type Setup, Stack } from '../../index.js';
import { udp } from '../../udp.js';
import { ServerProcess } from './child.js';
import { Conversation } from './conversation.js';
import { Cuttable } from './cuttable.js';
import { cut, heal } from './failover.js';
import { showPaths } from './paths.js';
import { SCTP_PORT } from './server.js';
import { bold, dim, event, fact, green, heading, say, table, title, yellow } from './terminal.js';
import { Timeline } from './timeline.js';
import { Traffic } from './traffic.js';
import { LIMIT_MS, now } from './wait.js';

/** A loopback address without a socket: packets to it are lost. */
const DEAD = '127.0.0.9';
const STREAMS = 4;
const ROUNDS = 100;

/** The client process. Shows an association from connectx to its close. */
export async function demo(program: string, addresses: readonly Address[]): Promise<void> {
  const server = new ServerProcess(program, addresses);
  try {
    await show(server, addresses);
  } finally {
    server.kill();
  }
}

async function show(server: ServerProcess, addresses: readonly Address[]): Promise<void> {
  const began = now();
  const timeline = new Timeline();
  const transport = udp({ addresses, port: 0 });
  const network = new Cuttable(transport, (source) => timeline.add(now(), source));
  title('usrsctp-wasm', 'SCTP in WebAssembly, over UDP, between two processes');

  heading(1, 'Two processes');
  const stack = await Stack.create({ transport: network, preset: 'fast-failover' });
  const { udpPort } = await server.report('listening');
  table(
    [{ title: 'process' }, { title: 'pid', align: 'right' }, { title: 'addresses' }, { title: 'UDP port' }],
    [
      ['client', String(process.pid), addresses.join('  '), String(transport.port)],
      ['server', String(server.pid), addresses.join('  '), String(udpPort)],
    ],
  );

  heading(2, 'connectx, with an unreachable address first');
  const association = await connect(stack, [DEAD, ...addresses], udpPort);

  heading(3, 'Messages on several streams, both ways');
  const conversation = new Conversation(association);
  await exchange(conversation);

  heading(4, 'The path in use fails');
  const traffic = new Traffic(conversation, STREAMS);
  const scene = { server, association, network, timeline, traffic };
  const address = await cut(scene);

  heading(5, 'The path recovers');
  await heal(scene, address);
  const { sent, answered } = conversation;
  say();
  fact('messages', `${sent} sent, ${answered} answered, each once and in order`);

  heading(6, 'Graceful close');
  await close(association, stack, server);
  say();
  say(`${green('✔')} ${bold('done')} ${dim(`in ${((now() - began) / 1000).toFixed(1)} s`)}`);
  say();
}

async function connect(stack: Stack, listed: readonly Address[], udpPort: number): Promise<Association> {
  const socket = stack.socket();
  const peers = listed.map((address) => ({ address, port: SCTP_PORT, encapsulationPort: udpPort }));
  const association = await socket.connectx(peers, { timeoutMs: LIMIT_MS });
  showSetup(association.setup);
  say();
  showPaths(association);
  return association;
}

function showSetup({ tried, confirmed, dropped, streams, features, elapsedMs }: Setup): void {
  const inits = tried.map(({ address, sentAtMs }) => {
    const times = sentAtMs.map((atMs) => `${Math.round(atMs)} ms`).join(', ');
    return `${address.padEnd(12)}${times === '' ? dim('no INIT was needed') : `INIT at ${times}`}`;
  });
  fact('tried', ...inits);
  fact('confirmed', green(confirmed.join('  ')));
  fact('dropped', dropped.length > 0 ? `${yellow(dropped.join('  '))}  ${dim('the server doesn’t have it')}` : 'none');
  fact('elapsed', `${Math.round(elapsedMs)} ms`);
  fact('streams', `${streams.outbound} out, ${streams.inbound} in`);
  fact('features', features.join(', '));
}

async function exchange(conversation: Conversation): Promise<void> {
  const rows = await Promise.all(
    Array.from({ length: STREAMS }, async (_, stream) => {
      const tripsMs: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const { sentAtMs, receivedAtMs } = await conversation.ask(stream);
        tripsMs.push(receivedAtMs - sentAtMs);
      }
      tripsMs.sort((a, b) => a - b);
      const median = tripsMs[tripsMs.length >> 1] ?? 0;
      return [String(stream), `${ROUNDS}`, `${tripsMs.length}`, `${median.toFixed(2)} ms`];
    }),
  );
  table(
    ['stream', 'sent', 'answered', 'median round trip'].map((name) => ({ title: name, align: 'right' })),
    rows,
  );
}

async function close(association: Association, stack: Stack, server: ServerProcess): Promise<void> {
  const startedAt = now();
  await association.close({ timeoutMs: LIMIT_MS });
  event(now() - startedAt, 'association closed: SHUTDOWN, SHUTDOWN ACK, SHUTDOWN COMPLETE');
  const { answered, error } = await server.report('ended');
  if (error !== undefined) throw new Error(`the server’s association has failed: ${error}`);
  event(now() - startedAt, `the server has seen an orderly end, after ${answered} messages`);
  await stack.close();
  const exit = await server.exit;
  if (exit !== 0) throw new Error(`the server process has ended with ${exit}`);
  event(now() - startedAt, 'the server process has ended by itself, with exit code 0; so does this one');
}
