import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { PPID } from '../src/index.js';

/** Wireshark's names that differ by more than case, spaces and punctuation. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  UNSPECIFIED: 'notspecified',
  H248: 'h248megaco',
  BICC: 'biccq21503',
  Q_IPC: 'qipcq21503',
  DDP_SEGMENT: 'ddpsegmentchunk',
  S1AP: 's1applicationprotocols1ap',
  FGP: 'fractalgeneratorprotocol',
  PPP: 'pingpongprotocol',
  CALCAPP: 'calcappprotocol',
  SSP: 'scriptingserviceprotocol',
  NPMP_CONTROL: 'netperfmetercontrol',
  NPMP_DATA: 'netperfmeterdata',
  CHARGEN: 'charactergenerator',
  WEBRTC_DCEP: 'webrtccontrol',
  WEBRTC_BINARY_PARTIAL: 'webrtcbinarypartialdeprecated',
  WEBRTC_STRING_PARTIAL: 'webrtcstringpartialdeprecated',
  ELE2: 'ele2lawfulinterception',
};
/** They are in the registry, but not in this version of Wireshark. */
const NEWER = ['HTTP', 'E1AP'];

const plain = (name: string) =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace('3gpp', '')
    .replace('over', '');

test("each payload protocol identifier has Wireshark's number and name", () => {
  const values = execFileSync('tshark', ['-G', 'values'], { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: 'pipe' });
  const known = new Map(
    [...values.matchAll(/^V\tsctp\.data_payload_proto_id\t(\d+)\t(.*)$/gm)].map(([, id, name]) => [Number(id), name]),
  );
  expect(known.size).toBeGreaterThan(60);
  for (const [name, id] of Object.entries(PPID)) {
    if (NEWER.includes(name)) continue;
    expect(plain(known.get(id) ?? ''), name).toBe(OTHER_NAMES[name] ?? plain(name));
  }
  expect(new Set(Object.values(PPID)).size).toBe(Object.keys(PPID).length);
});
