// warm.mjs FILE COMMON NAMES: has a script, from standard input, do what a program does first, and writes what V8 has made
// of it into FILE with `.cache` for `.js`. In a process of its own: V8 drops what it has made when memory is collected.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';

const [file, from, names] = process.argv.slice(2);
const urlOf = (path) => pathToFileURL(resolve(path)).href;
const common = await import(urlOf(`${dirname(file)}/${from}`));
const { Network, RealTimeClock } = await import(urlOf(`${dirname(file)}/simulated.js`));
const endpoint = { address: '10.0.0.2', port: 5001 };

const script = new Script(readFileSync(0, 'latin1'), { filename: 'usrsctp-wasm/dist/index.node.js' }); // as in stack traces
const { Stack } = script.runInThisContext()(...names.split(',').map((name) => common[name]), urlOf(file));
const network = new Network({ seed: 1, clock: new RealTimeClock() });
const transports = ['10.0.0.1', endpoint.address].map((address) => network.host(address, [address]).transport);
const [client, server] = await Promise.all(transports.map((transport) => Stack.create({ transport })));
const listener = server.socket();
listener.bindx([endpoint]);
listener.listen();
const [here, there] = await Promise.all([client.socket().connect(endpoint), listener.accept()]);
await Promise.all([here.send('there'), there.receive()]);
await Promise.all([there.send('back'), here.receive()]);
writeFileSync(file.replace(/\.js$/, '.cache'), script.createCachedData());
await Promise.all([here.close(), there.receive()]);
await Promise.all([client.close(), server.close()]);
