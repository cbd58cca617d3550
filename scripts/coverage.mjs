// Generates docs/api-coverage.md: by which name each part of usrsctp's public API is available here.
// Reports what no test covers as missing.
// test/coverage.test.ts compares the file with this; `npx vitest run test/coverage.test.ts -u` writes it.

import { testsOf, unknownNames } from './coverage/evidence.mjs';

/** The equivalent of each function in the typed API. */
const TYPED = {
  usrsctp_init: 'Stack.create()',
  usrsctp_init_nothreads: 'Stack.create()',
  usrsctp_socket: 'stack.socket()',
  usrsctp_setsockopt: 'socket.setOption(), association.setOption()',
  usrsctp_getsockopt: 'socket.getOption(), association.getOption()',
  usrsctp_opt_info: 'association.getOption()',
  usrsctp_getpaddrs: 'association.paths()',
  usrsctp_freepaddrs: 'nothing to free',
  usrsctp_getladdrs: 'socket.localEndpoints',
  usrsctp_freeladdrs: 'nothing to free',
  usrsctp_sendv: 'association.send()',
  usrsctp_recvv: 'association.receive()',
  usrsctp_bind: 'socket.bindx()',
  usrsctp_bindx: 'socket.bindx()',
  usrsctp_listen: 'socket.listen()',
  usrsctp_accept: 'socket.accept()',
  usrsctp_peeloff: 'socket.peeloff()',
  usrsctp_connect: 'socket.connect()',
  usrsctp_connectx: 'socket.connectx()',
  usrsctp_close: 'association.close(), socket.close()',
  usrsctp_getassocid: 'association.id',
  usrsctp_finish: 'stack.close()',
  usrsctp_shutdown: 'association.close()',
  usrsctp_conninput: 'conn(): connInput(); onConnOutput is conn_output',
  usrsctp_set_non_blocking: 'none: sockets never block, and what takes time returns a promise',
  usrsctp_get_non_blocking: 'none: sockets never block, and what takes time returns a promise',
  usrsctp_register_address: 'conn(), Stack.create()',
  usrsctp_deregister_address: 'stack.close()',
  usrsctp_set_ulpinfo: 'none: a listener is a closure',
  usrsctp_get_ulpinfo: 'none: a listener is a closure',
  usrsctp_set_upcall: 'association.on(), socket.on()',
  usrsctp_get_events: 'promises and events',
  usrsctp_handle_timers: 'the Clock',
  usrsctp_dumppacket: 'none: captures are pcapng',
  usrsctp_freedumpbuffer: 'nothing to free',
  usrsctp_enable_crc32c_offload: 'conn({ checksum: false }); transport.integrity elsewhere',
  usrsctp_disable_crc32c_offload: 'conn({ checksum: true })',
  usrsctp_crc32c: 'sealPacket()',
  usrsctp_get_stat: 'stack.statistics()',
};

/** The equivalent of each notification in the typed API. */
const EVENTS = {
  SCTP_ASSOC_CHANGE: "socket 'association', association 'restart' and 'close'",
  SCTP_PEER_ADDR_CHANGE: "association 'path'",
  SCTP_REMOTE_ERROR: "association 'remoteError'",
  SCTP_SEND_FAILED: 'none: SCTP_SEND_FAILED_EVENT replaces it',
  SCTP_SHUTDOWN_EVENT: "association 'shutdown'",
  SCTP_ADAPTATION_INDICATION: "association 'adaptation'",
  SCTP_PARTIAL_DELIVERY_EVENT: "association 'partialDeliveryAborted'",
  SCTP_AUTHENTICATION_EVENT: "association 'authentication'",
  SCTP_STREAM_RESET_EVENT: "association 'streamReset', resetStreams(), the end of a stream's readable",
  SCTP_SENDER_DRY_EVENT: "association 'senderDry'",
  SCTP_NOTIFICATIONS_STOPPED_EVENT: 'none: usrsctp never sends it',
  SCTP_ASSOC_RESET_EVENT: "association 'associationReset', resetAssociation()",
  SCTP_STREAM_CHANGE_EVENT: "association 'streamChange', addStreams()",
  SCTP_SEND_FAILED_EVENT: "association 'sendFailed'",
};

/** Where an option is read or set. */
const PLACES = {
  socket: 'socket',
  association: 'association',
  both: 'socket, association',
  path: 'socket, association, path',
};

/** The TypeScript type of a kind of field, where it has another name than the kind. */
const KINDS = {
  port: 'number',
  ppid: 'number',
  address: 'Address',
  bytes: 'Uint8Array',
  list8: 'number[]',
  list16: 'number[]',
  list32: 'number[]',
  seconds: 'number',
  count: 'number',
  switch: 'boolean',
  flag: 'boolean',
  association: 'true',
  scheduler: 'name of a scheduler',
  congestionControl: 'name of a congestion control',
  multipath: 'name of a variant of multipath transfer',
};

const OPTION_LIST = /user socket options: socket API defined([\s\S]*?)struct sctp_initmsg/;
const NOTIFICATION_LIST = /\/\* notification types \*\/([\s\S]*?)\/\* notification event structures/;

/**
 * The document as Markdown, and `missing`: what has no row above, no name in the typed API or no test. `header`:
 * usrsctp.h; `options`: constant → row, with our name; `sysctls`: their names; `counters`: group → name → C field;
 * `tests`: file name → text; `api`: the names that the typed API has, by owner.
 */
export function coverage({ header, options: rows, sysctls, counters, tests, api }) {
  const options = Object.fromEntries(Object.entries(rows).map(([constant, { name }]) => [constant, name]));
  const missing = [];
  /** Reports a name as missing unless a file of tests uses it. */
  const needFile = (name, pattern) => {
    if (!Object.values(tests).some((text) => pattern.test(text))) missing.push(name);
  };
  const allTests = Object.entries(tests).flatMap(testsOf);
  /** Reports a name as missing unless a test in the folder uses it and expects something. */
  const needTest = (name, folder, pattern) => {
    const found = allTests.some(({ file, code }) => file.startsWith(folder) && pattern.test(code));
    if (!found) missing.push(`${name}: no test in ${folder}`);
  };
  const equivalent = (table, name) => {
    if (!(name in table)) missing.push(`${name}: no row in scripts/coverage.mjs`);
    for (const unknown of unknownNames(table[name] ?? '', api)) missing.push(`${name}: there is no ${unknown}`);
    return table[name] ?? 'NONE';
  };
  const functions = [...header.matchAll(/^(?:[a-z_]+ \*?)?(usrsctp_[a-z0-9_]+)\(/gm)].map(([, name]) => name);
  const constants = (list) =>
    [...(list.exec(header)?.[1] ?? '').matchAll(/^#define (SCTP_\w+)/gm)].map(([, name]) => name);
  const option = (name) => {
    if (!(name in options)) missing.push(name);
    return options[name] ?? 'NONE';
  };
  const all = [
    ...constants(OPTION_LIST),
    ...Object.keys(options).filter((name) => !constants(OPTION_LIST).includes(name)),
  ];
  const notifications = constants(NOTIFICATION_LIST);
  for (const name of new Set(functions)) needTest(name, 'test/raw/', new RegExp(`\\b${name}\\(`));
  for (const name of all) needFile(name, key(options[name]));
  for (const name of notifications) {
    needTest(name, 'test/raw/', new RegExp(`name: '${name}'|'${name}'|R\\.${name}\\b`));
    needTest(name, 'test/socket/events', new RegExp(`\\b${name}\\b`));
  }
  for (const name of sysctls) needFile(name, /test\.each\(sysctls\)/);
  for (const name of Object.values(counters).flatMap(Object.keys)) {
    needFile(name, /Object\.values\(client\.statistics\(\)\)/);
  }
  const sections = [
    table(
      'Functions',
      ['C and `usrsctp-wasm/raw`', 'typed API'],
      [...new Set(functions)].map((name) => [code(name), equivalent(TYPED, name)]),
    ),
    table(
      'Socket options',
      ['C', 'typed API', 'read on', 'set on', 'value'],
      all.map((name) => [code(name), code(option(name)), ...describe(rows[name])]),
    ),
    table(
      'Notifications',
      ['C', 'typed API'],
      notifications.map((name) => [code(name), equivalent(EVENTS, name)]),
    ),
    table(
      'Sysctls',
      ['C', '`usrsctp-wasm/raw`', 'typed API'],
      sysctls.map((name) => [code(name), code(`usrsctp_sysctl_get_${name}()`), code(`stack.sysctl('${name}')`)]),
    ),
    table(
      'Counters',
      ['C: struct sctpstat', 'typed API'],
      Object.entries(counters).flatMap(([group, names]) =>
        Object.entries(names).map(([name, field]) => [code(field), code(`stack.statistics().${group}.${name}`)]),
      ),
    ),
  ];
  const head = `# Coverage of usrsctp's API

The names of usrsctp's functions, socket options, notifications, sysctls and counters here. Tests use each of them. A dash
says why an option can't be read or set; a field marked (argument) is given to read it.

Generated by scripts/coverage.mjs: don't edit.
`;
  return { markdown: [head, ...sections].join('\n'), missing };
}

function table(title, columns, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return `## ${title}: ${rows.length}\n\n${[line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}

/** Where an option is read and set, or why it isn't, and the type of its value. */
function describe({ read, write, why, value, fields, query = [] } = {}) {
  const place = (where) => (where === undefined ? `– (${why})` : PLACES[where]);
  const kind = ([, name]) => KINDS[name] ?? name;
  const field = ([name, row]) => `${name}: ${kind(row)}${query.includes(name) ? ' (argument)' : ''}`;
  const shown = value
    ? kind(value)
    : `{ ${Object.entries(fields ?? {})
        .map(field)
        .join(', ')} }`;
  return [place(read), place(write), code(shown)];
}

/** A name as the key of an object or as a string, which is how tests name an option. */
function key(name) {
  return new RegExp(`^ +${name}: |'${name}'`, 'm');
}

function code(text) {
  return `\`${text}\``;
}
