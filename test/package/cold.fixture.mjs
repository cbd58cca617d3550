// node cold.fixture.mjs DIST: a first association by the package in a folder, what it has loaded for that, and what comes later
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';
import 'node:perf_hooks'; // Node's global `performance`, which it loads when it is used first
import { wire } from '../../bench/worlds/wire.mjs';

const dist = resolve(process.argv[2]);
const { cache } = createRequire(import.meta.url);
const before = new Set(process.moduleLoadList);
const compiled = [];
const { compile } = WebAssembly;
const kept = [];
vm.Script = class extends vm.Script {
  constructor(...args) {
    super(...args);
    kept.push(this.cachedDataRejected === false);
  }
};
WebAssembly.compile = (bytes) => {
  compiled.push(bytes.length);
  return compile(bytes);
};

const { SctpError, Stack } = await import(pathToFileURL(join(dist, 'index.node.js')).href);
const whenImported = compiled.length;
const stacks = await Promise.all(wire('10.0.0.1', '10.0.0.2').map((transport) => Stack.create({ transport })));
const [client, server] = stacks.map((stack) => stack.socket());
server.bindx([{ address: '10.0.0.2', port: 5001 }]);
server.listen();
const [association] = await Promise.all([client.connect({ address: '10.0.0.2', port: 5001 }), server.accept()]);
const required = () => Object.keys(cache).map((path) => relative(dist, path));
const first = { required: required(), builtin: process.moduleLoadList.filter((name) => !before.has(name)) };

const error = await association.resetStreams({ outgoing: [70_000] }).catch((error) => error);
const later = {
  noDelay: client.getOption('noDelay'),
  initiated: stacks[0].statistics().associations.initiated,
  paths: association.statistics().paths.length,
  error: error instanceof SctpError ? error.code : String(error),
};
console.log(JSON.stringify({ kept, first, whenImported, compiled: compiled.length, later, required: required() }));
process.exit();
