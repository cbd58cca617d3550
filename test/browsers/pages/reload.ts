import { Stack } from 'usrsctp-wasm';
import { relay } from 'usrsctp-wasm/relay';
import type { Reload } from '../task.js';

/** Exchanges a message with the server and reloads the page, until it was loaded often enough. Returns how often it was. */
export async function reload(task: Reload): Promise<number> {
  const load = Number(sessionStorage.getItem('loads') ?? 0) + 1;
  sessionStorage.setItem('loads', String(load));
  const ticket = async () => (await fetch('/ticket')).text();
  const relays = task.relays.map((url) => ({ url, ticket }));
  const stack = await Stack.create({ transport: relay({ relays, encapsulationPort: task.udpPort }) });
  const association = await stack.socket().connectx(task.server, { timeoutMs: 40_000 });
  await association.send(`load ${load}`);
  await association.receive({ timeoutMs: 40_000 });
  if (load < task.loads) {
    location.reload();
    return new Promise(() => {}); // the page ends here
  }
  await association.close({ timeoutMs: 40_000 });
  await stack.close();
  return load;
}
