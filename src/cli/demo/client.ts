import { type Address, type Association, Stack } from '../../index.js';
import { udp } from '../../udp.js';
import { pathLines } from '../paths.js';
import { setupLines } from '../setup.js';
import { bold, dim, green } from '../terminal.js';
import { ServerProcess } from './child.js';
import { Conversation } from './conversation.js';
import { Cuttable } from './cuttable.js';
import { cut, heal } from './failover.js';
import { event, fact, heading, say, sayAll, table, title } from './page.js';
import { SCTP_PORT } from './server.js';
import { Timeline } from './timeline.js';
import { Traffic } from './traffic.js';
import { LIMIT_MS, now } from './wait.js';

/** A loopback address without a socket: packets to it are lost. */
const DEAD = '127.0.0.9';
const STREAMS = 4;
const ROUNDS = 100;

/** The client process. Shows an association from connectx to its close. `program` is run as the server. */
export async function demo(
  program: readonly [file: string, ...string[]],
  addresses: readonly Address[],
): Promise<void> {
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
  sayAll(setupLines(association.setup));
  say();
  sayAll(pathLines(association.paths()));
  return association;
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
