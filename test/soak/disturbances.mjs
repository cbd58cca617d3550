import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { capture, PcapngWriter } from '../../dist/capture.js';
import { Stack, systemClock } from '../../dist/index.js';
import { udp } from '../../dist/udp.js';
import { opened, sealed } from './stacks.mjs';

const PEER = fileURLToPath(new URL('peer.mjs', import.meta.url));
const STOPPED_MS = 1500;

/** What happens to processes and machines, in real time. */
export async function disturbances() {
  await killedPeer();
  await stoppedPeer();
  await jumpingClock();
  await fullDisk();
  return 'the peer was killed and started again, and stopped for a while; the clock has jumped; the disk of a capture was full';
}

/** kill -9: the association fails in the end; a new one to the same address works once the peer is back. */
async function killedPeer() {
  const peer = await startPeer();
  const stack = await newStack();
  const socket = stack.socket();
  socket.setOption('rto', { initialMs: 100, minMs: 100, maxMs: 200 });
  socket.setOption('associationParameters', { maxRetransmits: 4 });
  const association = await socket.connect(endpoint(peer.port));
  await echo(association, 1);
  await peer.end('SIGKILL');
  association.send('into the void').catch(() => {});
  const error = await association.closed;
  // The kernel says that nobody has the port, or nobody answers.
  assert.match(error.code, /^(ETIMEDOUT|ECONNREFUSED|EHOSTUNREACH)$/);
  const again = await startPeer(peer.port);
  const next = await stack.socket().connect(endpoint(again.port));
  await echo(next, 2);
  await next.close();
  await stack.close();
  await again.end('SIGKILL');
}

/** SIGSTOP and SIGCONT: messages wait, and arrive. */
async function stoppedPeer() {
  const peer = await startPeer();
  const stack = await newStack();
  const association = await stack.socket().connect(endpoint(peer.port));
  await echo(association, 1);
  peer.signal('SIGSTOP');
  const waiting = echo(association, 2);
  await new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
  peer.signal('SIGCONT');
  await waiting;
  await association.close();
  await stack.close();
  await peer.end('SIGKILL');
}

/** The clock jumps ahead by an hour, as after a suspended machine, and back: messages still arrive. */
async function jumpingClock() {
  const peer = await startPeer();
  let jumpedMs = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + jumpedMs };
  const stack = await newStack({ clock });
  const association = await stack.socket().connect(endpoint(peer.port));
  for (const [number, ms] of [0, 3_600_000, 0, 100, -500].entries()) {
    jumpedMs += ms;
    await echo(association, number);
  }
  await association.close();
  await stack.close();
  await peer.end('SIGKILL');
}

/** The errors of a capture whose disk is full are the program's; the association goes on. */
async function fullDisk() {
  const peer = await startPeer();
  const errors = [];
  const note = (error) => errors.push(error.code);
  process.on('uncaughtException', note);
  const disk = openSync('/dev/full', 'w');
  const writer = new PcapngWriter({ write: (bytes) => writeSync(disk, bytes) });
  const stack = await newStack({}, (transport) => capture(transport, writer));
  const association = await stack.socket().connect(endpoint(peer.port));
  for (let number = 0; number < 20; number++) await echo(association, number);
  await association.close();
  await stack.close();
  await new Promise((resolve) => setTimeout(resolve, 10));
  process.off('uncaughtException', note);
  closeSync(disk);
  await peer.end('SIGKILL');
  assert.ok(errors.length > 20, 'the capture has reported no error');
  assert.deepEqual(new Set(errors), new Set(['ENOSPC']));
}

const endpoint = (encapsulationPort) => ({ address: '127.0.0.2', port: 5001, encapsulationPort });

function newStack(options = {}, wrap = (transport) => transport) {
  return Stack.create({ transport: wrap(udp({ addresses: ['127.0.0.1'], port: 0 })), ...options });
}

async function echo(association, number) {
  await association.send(sealed(3000, number));
  assert.equal(opened((await association.receive({ timeoutMs: 30_000 })).data), number);
}

async function startPeer(port = 0) {
  const child = spawn(process.execPath, [PEER, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => child.on('exit', resolve));
  const line = await new Promise((resolve, reject) => {
    child.stdout.once('data', (text) => resolve(String(text)));
    child.on('exit', () => reject(new Error('the peer has ended')));
  });
  return {
    port: Number(line),
    signal: (name) => child.kill(name),
    end: async (name) => {
      child.kill(name);
      await exited;
    },
  };
}
