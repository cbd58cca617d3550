import { formatEndpoint } from '../address.js';
import type { AssociationCore } from '../association/core.js';
import type { SctpError } from '../errors.js';
import { describeCauses } from '../stack/socket/error-causes.js';
import type { Notification } from '../stack/socket/notification.js';
import type { LogWriter } from './stack-log.js';

/** Logs a notification of usrsctp, after it has been handled. */
export function logNotification(log: LogWriter, notification: Notification, core: AssociationCore | undefined): void {
  const { associationId: association } = notification;
  const name = `association ${association}`;
  switch (notification.type) {
    case 'association': {
      if (notification.state === 'restart') log.write('warn', `${name}: the peer has restarted`, { association });
      if (notification.state !== 'up' || !core) return;
      const remotes = core.paths.remotes().map(formatEndpoint).join(', ');
      return log.write('info', `${name} is up with ${remotes}, from port ${core.paths.ports?.localPort}`, {
        association,
      });
    }
    case 'path': {
      const { address, change } = notification;
      const mtu = core?.paths.last.find((path) => path.address === address)?.mtu;
      const what = change === 'mtu' ? `carries ${mtu} bytes of chunks in a packet` : `is ${change}`;
      const level = change === 'unreachable' ? 'warn' : 'info';
      return log.write(level, `${name}: the path to ${address} ${what}`, { association, address });
    }
    case 'remoteError':
      return log.write('warn', `${name}: the peer reports ${describeCauses(notification.causes)}`, { association });
    case 'partialDeliveryAborted':
      return log.write('info', `${name}: the peer has given up a message that had begun to arrive`, { association });
    case 'sendFailed':
      return log.write('debug', `${name}: a message on stream ${notification.stream} wasn't delivered`, {
        association,
      });
    default:
  }
}

/** Logs the end of an association, or of its set-up. */
export function logEnd(log: LogWriter, association: number, error: SctpError | undefined): void {
  const how = error ? `has ended: ${error.message}` : 'was shut down in order';
  log.write(error ? 'warn' : 'info', `association ${association} ${how}`, { association });
}
