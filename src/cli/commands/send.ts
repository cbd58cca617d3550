import type { Association } from '../../index.js';
import { CLIENT_OPTIONS, clientHelp, withAssociation } from '../client.js';
import type { Command } from '../command.js';
import { EXIT } from '../exit.js';
import { sendFile } from '../files/send-file.js';
import { formatBytes, formatDuration, formatRate } from '../format.js';
import { CLIENT_NETWORK_HELP, NETWORK_OPTIONS } from '../network-options.js';
import { parse } from '../parse.js';
import { Progress } from '../progress.js';
import { Report } from '../report.js';
import { seconds, wholeNumber } from '../values.js';

const PORT = '5005';
const LONGEST_MESSAGE_BYTES = 2 ** 24;

const OPTIONS = {
  ...NETWORK_OPTIONS,
  ...CLIENT_OPTIONS,
  port: { type: 'string', default: PORT },
  file: { type: 'string', multiple: true, short: 'f' },
  raw: { type: 'boolean', default: false },
  'message-bytes': { type: 'string', default: '65536' },
} as const;

export const send: Command = {
  help: `usrsctp-wasm send ADDRESS… [--file FILE …] [OPTIONS]

Sends files to 'usrsctp-wasm receive', which confirms each one with its SHA-256. Without --file, sends the standard
input as it comes, to any SCTP server.

Examples:
  usrsctp-wasm send 192.0.2.1 198.51.100.1 --file disk.img        over two paths
  usrsctp-wasm send 192.0.2.1 -f a.txt -f b.txt
  tar c folder | usrsctp-wasm send 192.0.2.1                      there: usrsctp-wasm receive | tar x
  usrsctp-wasm send 192.0.2.1 --port 9 --raw -f disk.img          the content only, to another program

${clientHelp(PORT)}
Data:
  -f, --file FILE …    files to send
  --raw                send only the contents of files, and expect no confirmation
  --message-bytes N    the largest message (default 65536)

${CLIENT_NETWORK_HELP}
Exit codes: 0 everything was delivered; 4 it wasn't, or the receiver has refused a file; 3 not connected.
`,
  async run(args, { signal }) {
    const { values, positionals } = parse(args, OPTIONS);
    const report = new Report(values.json);
    const messageBytes = wholeNumber('--message-bytes', values['message-bytes'], 1, LONGEST_MESSAGE_BYTES);
    const receiptMs = seconds('--timeout', values.timeout);
    const options = { messageBytes, receiptMs, isRaw: values.raw, showsProgress: !values.json };
    await withAssociation(values, positionals, signal, async ({ association }) => {
      signal.addEventListener('abort', () => association.abort('the sender was interrupted'), { once: true });
      for (const path of values.file ?? []) {
        const sent = await sendFile(association, path, options);
        report.event('sent', sent, `sent ${sent.name}: ${summary(sent)}`);
      }
      if (values.file === undefined) {
        const sent = await sendInput(association, messageBytes, !values.json);
        report.event('sent', sent, `sent the standard input: ${summary(sent)}`);
      }
      await association.close();
    });
    return EXIT.done;
  },
};

/** Sends the standard input, each part as soon as it comes. */
async function sendInput(association: Association, messageBytes: number, showsProgress: boolean) {
  const progress = new Progress('standard input', undefined, showsProgress && process.stdin.isTTY !== true);
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += messageBytes) {
      const part = chunk.subarray(at, at + messageBytes);
      await association.send(part);
      progress.add(part.length);
    }
  }
  progress.end();
  return { bytes: progress.bytes, elapsedMs: progress.elapsedMs };
}

function summary({ bytes, elapsedMs }: { readonly bytes: number; readonly elapsedMs: number }): string {
  return `${formatBytes(bytes)} in ${formatDuration(elapsedMs)}, ${formatRate((8000 * bytes) / elapsedMs)}`;
}
