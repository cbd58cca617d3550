// Runs in the page: an association with the server, through a relay.
import { Stack } from 'usrsctp-wasm';
import { relay } from 'usrsctp-wasm/relay';

const show = (text) => (document.querySelector('[role=status]').textContent = text);
try {
  const { url, udpPort, peers } = await (await fetch('/setup')).json();
  const ticket = async () => (await fetch('/ticket')).text(); // called for each connection: tickets are short-lived
  const transport = relay({ relays: [{ url, ticket }], encapsulationPort: udpPort }); // with two relays there are two paths
  const stack = await Stack.create({ transport });
  const association = await stack.socket().connectx(peers, { timeoutMs: 10_000 });
  show(`connected by ${association.paths().length} path`);

  const form = document.querySelector('form');
  form.querySelector('button').disabled = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    association.send(form.elements.text.value).catch((error) => show(error.message));
    form.reset();
  });
  for await (const { data } of association) {
    document
      .querySelector('ul')
      .append(Object.assign(document.createElement('li'), { textContent: new TextDecoder().decode(data) }));
  }
  show('the server has closed the association');
} catch (error) {
  show(error.message);
}
