// A program of ours for tests to kill: connects to the guest from and to an SCTP port, and says hello.
import { Stack } from '../../src/index.js';
import { udp } from '../../src/udp.js';
import { GUEST, HERE } from './network.js';

const port = Number(process.argv[2]);
const stack = await Stack.create({ transport: udp({ addresses: HERE, port: 9899 }) });
const socket = stack.socket();
socket.bindx(HERE.map((address) => ({ address, port })));
const association = await socket.connectx(GUEST.map((address) => ({ address, port })));
await association.send('hello');
process.stdin.resume(); // until it is killed
