import { shown } from '../arguments.js';
import { type Clock, systemClock, wallTimeMs } from '../clock.js';

/**
 * A packet as text that text2pcap reads, in the format of usrsctp: direction, time of day, bytes, trailer. With the
 * machine's clock it is local time; with any other clock, the time since that clock's origin.
 */
export function dumpPacket(bytes: Uint8Array, isOutbound: boolean, clock: Clock): string {
  const nowMs = wallTimeMs(clock) - (clock === systemClock ? offsetMs(wallTimeMs(clock)) : 0);
  const hex = Array.from(bytes, (byte) => `${byte.toString(16).padStart(2, '0')} `).join('');
  return `\n${isOutbound ? 'O' : 'I'} ${timeOfDay(nowMs)} 0000 ${hex}# SCTP_PACKET\n`;
}

function timeOfDay(nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000);
  const parts = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  const microseconds = Math.floor((nowMs % 1000) * 1000);
  return `${parts.map((part) => String(part).padStart(2, '0')).join(':')}.${shown(microseconds).padStart(6, '0')}`;
}

/** By how much local time is behind UTC; negative if it is ahead. */
function offsetMs(timeMs: number): number {
  return new Date(timeMs).getTimezoneOffset() * 60_000;
}
