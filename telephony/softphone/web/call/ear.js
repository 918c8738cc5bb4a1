// How long each reply took, as an ear at this telephone hears it: from the end of the caller's last sound, or
// the last key, to the agent's first audible sound. Both on the call's own clock, in ms.

import { AUDIBLE_DBFS, QUIETEST_DBFS, WINDOW_MS } from "../audio/level.js";

const REMEMBERED_MS = 20_000;
const BELOW_PEAK_DB = 35;
const ABOVE_FLOOR_DB = 10;
const FLOOR_SHARE = 0.1;
const QUIETEST_SPEECH_DBFS = -55;

export class Ear {
  constructor() {
    this.levels = [];
    this.now = 0;
    this.keyed = null;
    this.measured = new Map();
  }

  key(at) {
    this.keyed = at;
  }

  /** 10 ms of both sides; `turn` is the number of the agent's turn that is being played, or null.
   *  Returns {turn, latency} when a turn's first sound is heard, else null. */
  hear(callerDbfs, agentDbfs, turn) {
    const at = this.now;
    this.now += WINDOW_MS;
    this.levels.push(callerDbfs);
    if (this.levels.length > REMEMBERED_MS / WINDOW_MS) this.levels.shift();
    if (agentDbfs <= AUDIBLE_DBFS) return null;
    if (turn === null || this.measured.has(turn)) return null;
    const end = turn === 0 ? 0 : this.callerEnd();
    const latency = end === null ? null : at - end;
    this.measured.set(turn, latency);
    return { turn, latency };
  }

  /** When the caller's last sound or key ended; null where none is remembered. */
  callerEnd() {
    const sorted = [...this.levels].sort((a, b) => a - b);
    const floor = sorted[Math.floor(sorted.length * FLOOR_SHARE)] ?? QUIETEST_DBFS;
    const peak = sorted.at(-1) ?? QUIETEST_DBFS;
    const speech = Math.max(peak - BELOW_PEAK_DB, floor + ABOVE_FLOOR_DB, QUIETEST_SPEECH_DBFS);
    const last = this.levels.findLastIndex((level) => level >= speech);
    const first = this.now - this.levels.length * WINDOW_MS;
    const spoke = last < 0 ? null : first + (last + 1) * WINDOW_MS;
    return spoke === null && this.keyed === null ? null : Math.max(spoke ?? 0, this.keyed ?? 0);
  }
}
