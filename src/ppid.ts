/**
 * Payload protocol identifiers of IANA's registry, for `send(data, { ppid })` and `message.ppid`. All are numbers in host byte
 * order.
 *
 * ```ts
 * await association.send(request, { ppid: PPID.DIAMETER });
 * ```
 */
export const PPID = {
  /** Not specified, which is the default. */
  UNSPECIFIED: 0,
  /** ISDN Q.921-User Adaptation (RFC 4233). */
  IUA: 1,
  /** MTP2-User Adaptation (RFC 3331). */
  M2UA: 2,
  /** MTP3-User Adaptation (RFC 4666). */
  M3UA: 3,
  /** SCCP-User Adaptation (RFC 3868). */
  SUA: 4,
  /** MTP2 Peer-to-Peer Adaptation (RFC 4165). */
  M2PA: 5,
  /** V5.2-User Adaptation (RFC 3807). */
  V5UA: 6,
  /** H.248/MEGACO. */
  H248: 7,
  /** BICC (Q.2150.3). */
  BICC: 8,
  /** Transport Adapter Layer Interface (RFC 3094). */
  TALI: 9,
  /** DPNSS/DASS 2 extensions to IUA (RFC 4129). */
  DUA: 10,
  /** Aggregate Server Access Protocol (RFC 5352). */
  ASAP: 11,
  /** Endpoint Handlespace Redundancy Protocol (RFC 5353). */
  ENRP: 12,
  /** H.323. */
  H323: 13,
  /** Q.IPC (Q.2150.3). */
  Q_IPC: 14,
  /** SIMCO. */
  SIMCO: 15,
  /** DDP segment chunk (RFC 5043). */
  DDP_SEGMENT: 16,
  /** DDP stream session control (RFC 5043). */
  DDP_STREAM_SESSION_CONTROL: 17,
  /** S1 Application Protocol (3GPP). */
  S1AP: 18,
  /** RANAP User Adaptation (3GPP). */
  RUA: 19,
  /** Home Node B Application Part (3GPP). */
  HNBAP: 20,
  /** ForCES, high priority (RFC 5811). */
  FORCES_HP: 21,
  /** ForCES, medium priority (RFC 5811). */
  FORCES_MP: 22,
  /** ForCES, low priority (RFC 5811). */
  FORCES_LP: 23,
  /** SBc Application Part (3GPP). */
  SBC_AP: 24,
  /** Node B Application Part (3GPP). */
  NBAP: 25,
  /** X2 Application Protocol (3GPP). */
  X2AP: 27,
  /** Inter Router Capability Protocol. */
  IRCP: 28,
  /** LCS Application Protocol (3GPP). */
  LCS_AP: 29,
  /** MPICH2. */
  MPICH2: 30,
  /** Service Area Broadcast Protocol (3GPP). */
  SABP: 31,
  /** Fractal Generator Protocol. */
  FGP: 32,
  /** Ping Pong Protocol. */
  PPP: 33,
  /** CalcApp Protocol. */
  CALCAPP: 34,
  /** Scripting Service Protocol. */
  SSP: 35,
  /** NetPerfMeter, control. */
  NPMP_CONTROL: 36,
  /** NetPerfMeter, data. */
  NPMP_DATA: 37,
  /** Echo (RFC 862). */
  ECHO: 38,
  /** Discard (RFC 863). */
  DISCARD: 39,
  /** Daytime (RFC 867). */
  DAYTIME: 40,
  /** Character Generator (RFC 864). */
  CHARGEN: 41,
  /** RNSAP User Adaptation (3GPP). */
  RNA: 42,
  /** M2 Application Protocol (3GPP). */
  M2AP: 43,
  /** M3 Application Protocol (3GPP). */
  M3AP: 44,
  /** SSH over SCTP. */
  SSH: 45,
  /** Diameter (RFC 6733). */
  DIAMETER: 46,
  /** Diameter over DTLS (RFC 6733). */
  DIAMETER_DTLS: 47,
  /** R14P. */
  R14P: 48,
  /** WebRTC data channel establishment (RFC 8832). */
  WEBRTC_DCEP: 50,
  /** WebRTC, text (RFC 8831). */
  WEBRTC_STRING: 51,
  /** WebRTC, part of a binary message; deprecated (RFC 8831). */
  WEBRTC_BINARY_PARTIAL: 52,
  /** WebRTC, binary (RFC 8831). */
  WEBRTC_BINARY: 53,
  /** WebRTC, part of a text; deprecated (RFC 8831). */
  WEBRTC_STRING_PARTIAL: 54,
  /** PCAP User Adaptation (3GPP). */
  PUA: 55,
  /** WebRTC, empty text (RFC 8831). */
  WEBRTC_STRING_EMPTY: 56,
  /** WebRTC, empty binary message (RFC 8831). */
  WEBRTC_BINARY_EMPTY: 57,
  /** Xw Application Protocol (3GPP). */
  XWAP: 58,
  /** Xw, control plane (3GPP). */
  XW_CONTROL_PLANE: 59,
  /** NG Application Protocol (3GPP). */
  NGAP: 60,
  /** Xn Application Protocol (3GPP). */
  XNAP: 61,
  /** F1 Application Protocol (3GPP). */
  F1AP: 62,
  /** HTTP over SCTP. */
  HTTP: 63,
  /** E1 Application Protocol (3GPP). */
  E1AP: 64,
  /** ELE2 Lawful Interception. */
  ELE2: 65,
  /** NGAP over DTLS (3GPP). */
  NGAP_DTLS: 66,
  /** XnAP over DTLS (3GPP). */
  XNAP_DTLS: 67,
  /** F1AP over DTLS (3GPP). */
  F1AP_DTLS: 68,
  /** E1AP over DTLS (3GPP). */
  E1AP_DTLS: 69,
  /** E2, control plane (O-RAN). */
  E2_CP: 70,
  /** E2, user plane (O-RAN). */
  E2_UP: 71,
  /** E2, distributed unit (O-RAN). */
  E2_DU: 72,
  /** W1 Application Protocol (3GPP). */
  W1AP: 73,
} as const;
