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

  /** The words of the caller who speaks now; none, and final, where it was no speech after all. */
  caption({ words, final, start_ms: at }) {
    this.open = final && words.length === 0 ? null : { words, at };
    this.changed(null);
  }

  /** A turn as it stands in the record. Times are ms of the call. */
  turn(record, at) {
    const turn = this.known(record.n, at);
    turn.record = record;
    if (record.caller.some((span) => span.start_ms === this.open?.at)) {
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
      if (turn.begun.size === 0) turn.at = at;
      turn.begun.add(mark.number);
      turn.done.delete(mark.number);
    }
    this.playing = mark.kind === "b" ? turn : null;
    this.changed(turn);
  }

  /** The agent was cut off: the sentence that was being heard was heard in part. The turn; null where nothing
   *  was being heard. */
  cleared() {
    if (this.playing === null) return null;
    const turn = this.playing;
    turn.speaking = null;
    this.playing = null;
    this.changed(turn);
    return turn;
  }

  latency({ turn: n, latency }, at) {
    const turn = this.known(n, at);
    turn.latency = latency;
    this.changed(turn);
  }

  /** waiting, speaking, heard, part (cut off in it) or unheard (never to be said). */
  static state(turn, index) {
    const heard = turn.record.sentences[index].heard;
    if (turn.speaking === index) return "speaking";
    if (heard === "all" || turn.done.has(index)) return "heard";
    if (heard === "part" || turn.begun.has(index)) return "part";
    return turn.record.interrupted ? "unheard" : "waiting";
  }

  /** How many characters of a sentence that was cut off were heard, by the record; 0 where it can't tell. */
  static heardLength(record, index) {
    let rest = record.heard_text;
    for (const { text, heard } of record.sentences.slice(0, index)) {
      if (heard !== "none" && rest.startsWith(text)) rest = rest.slice(text.length).trimStart();
    }
    return record.sentences[index].text.startsWith(rest) ? rest.length : 0;
  }
}
