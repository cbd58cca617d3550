// One end of an association between two processes:
//   node bench/end.mjs IMPLEMENTATION[.VARIANT] server|client bulk|roundtrip PORT BYTES MS
// The arguments after the first are those of native/udp.c, and it prints the same.
import { echo, flood, pingPong, Window } from './traffic.mjs';

const roles = {
  async server(implementation, measure, _bytes, ms) {
    const accepting = implementation.accept();
    console.log('ready');
    const end = await accepting;
    if (measure === 'roundtrip') return echo(end);
    const window = new Window(ms);
    end.receive((data) => window.add(data.length));
    return window.result;
  },

  async client(implementation, measure, bytes, ms) {
    const end = await implementation.connect();
    if (measure === 'roundtrip') return pingPong(end, bytes, ms);
    const window = new Window(ms);
    const send = (data) => {
      window.add(data.length);
      return end.send(data);
    };
    void flood({ send }, bytes, () => false); // until bench/child.mjs kills this process: the other end may still be measuring
    return window.result;
  },
};

const [name, role, measure, port, bytes, ms] = process.argv.slice(2);
const [file, variant] = name.split('.');
const implementation = await (await import(`./implementations/${file}.mjs`))[role](Number(port), variant);
const result = await roles[role](implementation, measure, Number(bytes), Number(ms));
if (result !== undefined) console.log(JSON.stringify(result));
