import { type Address, type PathEvent, Stack } from '../../index.js';
import { udp } from '../../udp.js';

/** A message from the server process to its parent. */
export type Report =
  | { readonly type: 'listening'; readonly udpPort: number }
  | { readonly type: 'path'; readonly address: Address; readonly change: PathEvent['change'] }
  | { readonly type: 'ended'; readonly answered: number; readonly error?: string };

export const SCTP_PORT = 5001;

/** The server process. Accepts one association, answers each message on the same stream, and ends with the association. */
export async function serve(addresses: readonly Address[]): Promise<void> {
  const abandoned = () => process.exit(1); // the parent has ended
  process.once('disconnect', abandoned);
  if (process.connected === false) abandoned(); // the parent ended before this process was ready
  const transport = udp({ addresses, port: 0 });
  const stack = await Stack.create({ transport, preset: 'fast-failover' });

  const socket = stack.socket();
  socket.bindx(addresses.map((address) => ({ address, port: SCTP_PORT })));
  socket.listen();
  tell({ type: 'listening', udpPort: transport.port });

  const association = await socket.accept();
  association.on('path', ({ address, change }) => tell({ type: 'path', address, change }));
  let answered = 0;
  try {
    for await (const { data, stream, ppid } of association) {
      await association.send(data, { stream, ppid });
      answered++;
    }
  } catch {
    // the association was lost: `closed` has the reason
  }
  const error = await association.closed;
  await stack.close();
  process.off('disconnect', abandoned);
  tell({ type: 'ended', answered, ...(error && { error: error.message }) }, () => process.disconnect());
}

function tell(report: Report, sent: () => void = () => {}): void {
  process.send?.(report, sent);
}
