// What of usrsctp's public API is reached, by which name, and which test drives it: docs/api-coverage.md. The test
// test/coverage.test.ts calls this and compares; `npx vitest run test/coverage.test.ts -u` writes the file.

import { testsOf, unknownNames } from './coverage/evidence.mjs';

/** What the typed API calls what a function does. An empty one: the C-named layer is the only way. */
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
  usrsctp_set_non_blocking: 'none: everything that waits is a promise',
  usrsctp_get_non_blocking: 'none: everything that waits is a promise',
  usrsctp_register_address: 'conn(), Stack.create()',
  usrsctp_deregister_address: 'stack.close()',
  usrsctp_set_ulpinfo: 'none: closures',
  usrsctp_get_ulpinfo: 'none: closures',
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

/** What the typed API calls a notification. */
const EVENTS = {
  SCTP_ASSOC_CHANGE: "socket 'association', association 'restart' and 'close'",
  SCTP_PEER_ADDR_CHANGE: "association 'path'",
  SCTP_REMOTE_ERROR: "association 'remoteError'",
  SCTP_SEND_FAILED: 'none: SCTP_SEND_FAILED_EVENT has replaced it',
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

const PLACES = {
  socket: 'socket',
  association: 'association',
  both: 'socket, association',
  path: 'socket, association, path',
};

/** What the kinds of fields are in TypeScript, where that isn't their name. */
const KINDS = {
  port: 'number',
  ppid: 'number',
  address: 'Address',
  bytes: 'Uint8Array',
  list8: 'number[]',
  list16: 'number[]',
  list32: 'number[]',
  seconds: 'number',
  switch: 'boolean',
  flag: 'boolean',
  association: 'true',
  scheduler: 'name of a scheduler',
  congestionControl: 'name of a congestion control',
  multipath: 'name of a variant',
};

const OPTION_LIST = /user socket options: socket API defined([\s\S]*?)struct sctp_initmsg/;
const NOTIFICATION_LIST = /\/\* notification types \*\/([\s\S]*?)\/\* notification event structures/;

/**
 * The table as Markdown, and what no test drives. `header`: usrsctp.h; `options`: constant → row, with our name;
 * `sysctls`: their names; `counters`: group → name → C field; `tests`: file name → text;
 * `api`: the names that the typed API has, by owner.
 */
export function coverage({ header, options: rows, sysctls, counters, tests, api }) {
  const options = Object.fromEntries(Object.entries(rows).map(([constant, { name }]) => [constant, name]));
  const missing = [];
  const driver = (name, pattern) => {
    const found = Object.entries(tests).filter(([, text]) => pattern.test(text));
    if (found.length === 0) missing.push(name);
    return found.map(([file]) => file)[0] ?? 'NONE';
  };
  const proofs = Object.entries(tests).flatMap(testsOf);
  /** A test that uses it and expects something: where it is, and what it says. */
  const proof = (name, folder, pattern) => {
    const found = proofs.find(({ file, code }) => file.startsWith(folder) && pattern.test(code));
    if (!found) missing.push(`${name}: no test in ${folder}`);
    return found ? `${found.file}: ${found.title}` : 'NONE';
  };
  const named = (table, name) => {
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
  const sections = [
    table(
      'Functions',
      ['C and `usrsctp-wasm/raw`', 'typed API', 'driven by'],
      [...new Set(functions)].map((name) => [
        code(name),
        named(TYPED, name),
        proof(name, 'test/raw/', new RegExp(`\\b${name}\\(`)),
      ]),
    ),
    table(
      'Socket options',
      ['C', 'typed API', 'read on', 'written on', 'value', 'driven by'],
      all.map((name) => [code(name), code(option(name)), ...describe(rows[name]), driver(name, key(options[name]))]),
    ),
    table(
      'Notifications',
      ['C', 'typed API', 'driven by, under its C name', 'driven by, typed'],
      constants(NOTIFICATION_LIST).map((name) => [
        code(name),
        named(EVENTS, name),
        proof(name, 'test/raw/', new RegExp(`name: '${name}'|'${name}'|R\\.${name}\\b`)),
        proof(name, 'test/socket/events', new RegExp(`\\b${name}\\b`)),
      ]),
    ),
    table(
      'Sysctls',
      ['C', '`usrsctp-wasm/raw`', 'typed API', 'driven by'],
      sysctls.map((name) => [
        code(name),
        code(`usrsctp_sysctl_get_${name}()`),
        code(`stack.sysctl('${name}')`),
        driver(name, /test\.each\(sysctls\)/),
      ]),
    ),
    table(
      'Counters',
      ['C: struct sctpstat', 'typed API', 'driven by'],
      Object.entries(counters).flatMap(([group, names]) =>
        Object.entries(names).map(([name, field]) => [
          code(field),
          code(`stack.statistics().${group}.${name}`),
          driver(name, /Object\.values\(client\.statistics\(\)\)/),
        ]),
      ),
    ),
  ];
  const head = "# What of usrsctp is reached, and how\n\nWritten by scripts/coverage.mjs: don't edit.\n";
  return { markdown: [head, ...sections].join('\n'), missing };
}

function table(title, columns, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return `## ${title}: ${rows.length}\n\n${[line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}

/** Where an option is read and written, or why it isn't, and what its value is. */
function describe({ read, write, why, value, fields, query = [] } = {}) {
  const place = (where) => (where === undefined ? `– (${why})` : PLACES[where]);
  const kind = ([, name]) => KINDS[name] ?? name;
  const field = ([name, row]) => `${name}: ${kind(row)}${query.includes(name) ? ' (asked for)' : ''}`;
  const shown = value
    ? kind(value)
    : `{ ${Object.entries(fields ?? {})
        .map(field)
        .join(', ')} }`;
  return [place(read), place(write), code(shown)];
}

/** A name as the key of an object, or as a string: how test/socket/options.test.ts names an option. */
function key(name) {
  return new RegExp(`^ +${name}: |'${name}'`, 'm');
}

function code(text) {
  return `\`${text}\``;
}
