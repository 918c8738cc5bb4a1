// When a recorded caller may say the next thing: whether the agent has replied, and its reply has ended.
// The same rules as the terminal's caller (telephony/softphone/reply_watch.py). Times are ms of the call.

import { parseMark } from "../audio/playout.js";

const AFTER_REPLY_MS = 600;
const SILENCE_MS = 1500;
const NO_ANSWER_MS = 8000;
const NEW_SPAN_MS = 300;

export class ReplyWatch {
  constructor() {
    this.actedStart = 0;
    this.actedEnd = 0;
    this.marked = false;
    this.key = null;
    this.began = null;
    this.lastHeard = null;
    this.wasCleared = false;
    this.forget();
  }

  forget() {
    this.freshFirst = null;
    this.freshLast = null;
    this.ended = null;
  }

  /** The caller begins something that ends at `end`: what comes from now on is its reply. */
  acts(start, end) {
    this.actedStart = start;
    this.actedEnd = end;
    this.wasCleared = false;
    this.forget();
  }

  /** An audible stretch of the agent's; `tag` is {epoch, turn} or null. */
  heard(at, end, tag) {
    const key = tag === null ? null : `${tag.epoch}.${tag.turn}`;
    this.marked ||= tag !== null;
    const silent = this.lastHeard === null ? NEW_SPAN_MS : at - this.lastHeard;
    if (key !== this.key || (key === null && (silent >= NEW_SPAN_MS || this.wasCleared))) {
      this.key = key;
      this.began = at;
      this.wasCleared = false;
    }
    this.lastHeard = end;
    if (this.began === null || this.began < this.actedStart) return;
    this.freshFirst ??= at;
    this.freshLast = end;
    if (this.ended !== null && this.ended < at) this.ended = null;
  }

  markPlayed(name, at) {
    const mark = parseMark(name);
    if (mark === null) return;
    this.marked = true;
    const own = `${mark.epoch}.${mark.turn}` === this.key;
    if (mark.kind === "e" && this.freshLast !== null && own) this.ended = at;
  }

  cleared() {
    this.wasCleared = true;
  }

  maySpeak(now) {
    if (now < this.actedEnd) return false;
    const last = Math.max(this.actedEnd, this.lastHeard ?? 0);
    if (this.freshLast === null) {
      const spokeOn = (this.lastHeard ?? 0) > this.actedEnd && !this.wasCleared;
      return now - last >= (spokeOn ? SILENCE_MS : NO_ANSWER_MS);
    }
    if (this.ended !== null) return now - this.ended >= AFTER_REPLY_MS;
    return now - last >= (this.marked ? NO_ANSWER_MS : SILENCE_MS);
  }

  /** Whether the reply began `ms` ago or earlier; also true where none came. */
  agentSpokeFor(now, ms) {
    if (this.freshFirst !== null) return now - this.freshFirst >= ms;
    return now - Math.max(this.actedEnd, this.lastHeard ?? 0) >= NO_ANSWER_MS;
  }
}
