import { scenario } from '../../dist/simulated.js';
import { checkFlat, opened, SERVER, sealed, twoStacks } from './stacks.mjs';

const READINGS = 10;
/** So that the tags in time-wait, which are kept for a minute, are those of 600 associations. */
const PAUSE_MS = 100;

/** Sets up that many associations one after the other; each carries a message, and is shut down or aborted. */
export function setUps(count) {
  return scenario({ seed: 1, limitMs: 1e12, traceLength: 20 }, async (network) => {
    const [client, server] = await twoStacks(network);
    const listener = server.socket();
    listener.bindx(SERVER);
    listener.listen();
    const socket = client.socket();
    const readings = [];
    const each = Math.max(1, Math.floor(count / READINGS));
    for (let number = 0; number < count; number++) {
      if (number % each === 0) readings.push(client.memoryInUse + server.memoryInUse);
      const [association, peer] = await Promise.all([socket.connectx(SERVER), listener.accept()]);
      await association.send(sealed(100, number), { stream: number % 10 });
      if (opened((await peer.receive()).data) !== number) throw new Error(`message ${number} is missing`);
      if (number % 2 === 0) await Promise.all([association.close(), peer.closed]);
      else {
        association.abort('enough');
        await peer.closed;
      }
      await network.advance(PAUSE_MS);
    }
    readings.push(client.memoryInUse + server.memoryInUse);
    await Promise.all([client.close(), server.close()]);
    return `${count} set-ups; ${checkFlat('memory', readings)}`;
  });
}
