// What a screen reader is told: one message a speech, when it is over, never more often than it can be read.

const PAUSE_MS = 1200;
const SETTLED_MS = 700;

export class Announcer {
  /** `region` is the page's polite live region. */
  constructor(region) {
    this.region = region;
    this.waiting = [];
    this.timer = null;
    this.told = new Map();
  }

  say(text) {
    this.waiting.push(text);
    this.timer ??= setTimeout(() => this.speak(), 50);
  }

  speak() {
    this.region.textContent = this.waiting.shift() ?? "";
    this.timer = this.waiting.length > 0 ? setTimeout(() => this.speak(), PAUSE_MS) : null;
  }

  /** A turn whose reply was cut off: told when the server has said how much of it was heard. */
  cut(turn) {
    setTimeout(() => this.turn(turn), SETTLED_MS);
  }

  /** A turn whose reply has ended: both sides of it, once. */
  turn({ n, record }) {
    if (record === null) return;
    const parts = [];
    if (record.transcript) parts.push(`You: ${record.transcript}`);
    const heard = record.heard_text || record.text;
    if (heard) parts.push(`Agent: ${heard}`);
    const text = parts.join(" ");
    if (text === "" || this.told.get(n) === text) return;
    this.told.set(n, text);
    this.say(text);
  }
}
