// What has been said in a call, by whom, and how much of it was heard: the state behind the call sheet.
//
// The server tells captions and turns (docs/protocol.md); which sentence is being heard this page knows
// itself, from the marks that its own playout passes.

import { parseMark } from "../audio/playout.js";

export class Transcript {
  /** `changed(turn)` is called with a turn that changed; with null when the caller's open words did. */
  constructor(changed) {
    this.changed = changed;
    this.turns = new Map();
    this.open = null;
    this.playing = null;
  }

  /** The words of the caller who speaks now. Times are ms of the call. */
  caption({ words, final }, at) {
    if (words.length === 0) return;
    this.open = { words, final, at: this.open?.at ?? at };
    this.changed(null);
  }

  /** A turn as it stands in the record. */
  turn(record, at) {
    const turn = this.known(record.n, at);
    const before = turn.record?.transcript ?? "";
    turn.record = record;
    if (record.transcript !== "" && record.transcript !== before) {
      turn.callerAt ??= this.open?.at ?? at;
      this.open = null;
      this.changed(null);
    }
    this.changed(turn);
  }

  known(n, at) {
    if (!this.turns.has(n)) {
      this.turns.set(n, {
        n,
        at,
        record: null,
        callerAt: null,
        keys: "",
        speaking: null,
        begun: new Set(),
        done: new Set(),
        latency: null,
      });
    }
    return this.turns.get(n);
  }

  /** A mark that the playout passed. */
  mark(name, at) {
    const mark = parseMark(name);
    if (mark === null || mark.kind === "p") return;
    const turn = this.known(mark.turn, at);
    if (turn.speaking !== null) turn.done.add(turn.speaking);
    turn.speaking = mark.kind === "b" ? mark.number : null;
    if (mark.kind === "b") {
      turn.begun.add(mark.number);
      turn.done.delete(mark.number);
    }
    this.playing = mark.kind === "b" ? turn : null;
    this.changed(turn);
  }

  /** The agent was cut off: the sentence that was being heard was heard in part. */
  cleared() {
    if (this.playing === null) return;
    const turn = this.playing;
    turn.speaking = null;
    this.playing = null;
    this.changed(turn);
  }

  latency({ turn: n, latency }, at) {
    const turn = this.known(n, at);
    turn.latency = latency;
    this.changed(turn);
  }

  get playingTurn() {
    return this.playing?.n ?? null;
  }

  /** waiting, speaking, heard, part (cut off in it) or unheard (never to be said). */
  static state(turn, index) {
    const heard = turn.record.sentences[index].heard;
    if (turn.speaking === index) return "speaking";
    if (heard === "all" || turn.done.has(index)) return "heard";
    if (heard === "part" || turn.begun.has(index)) return "part";
    return turn.record.interrupted ? "unheard" : "waiting";
  }
}
