// One end of two processes: node bench/end.mjs WORLD[.VARIANT] server|client bulk|roundtrip PORT BYTES MS
// The arguments after the world are those of native/udp.c, and so is what it prints.
import { echo, flood, pingPong, Window } from './traffic.mjs';

const roles = {
  async server(world, measure, _bytes, ms) {
    const accepting = world.accept();
    console.log('ready');
    const end = await accepting;
    if (measure === 'roundtrip') return echo(end);
    const window = new Window(ms);
    end.receive((data) => window.add(data.length));
    return window.result;
  },

  async client(world, measure, bytes, ms) {
    const end = await world.connect();
    if (measure === 'roundtrip') return pingPong(end, bytes, ms);
    const window = new Window(ms);
    const send = (data) => {
      window.add(data.length);
      return end.send(data);
    };
    void flood({ send }, bytes, () => false); // until the harness ends it: the other end measures still
    return window.result;
  },
};

const [name, role, measure, port, bytes, ms] = process.argv.slice(2);
const [file, variant] = name.split('.');
const world = await (await import(`./worlds/${file}.mjs`))[role](Number(port), variant);
const result = await roles[role](world, measure, Number(bytes), Number(ms));
if (result !== undefined) console.log(JSON.stringify(result));
