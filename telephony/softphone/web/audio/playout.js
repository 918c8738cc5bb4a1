// A telephone's playout buffer: what it has it plays, what it lacks is silence, marks say how far it is.
// Samples are its clock. The names of marks stand in docs/protocol.md.

const LONGEST_SAMPLES = 120 * 8000;
const SHORTEST_GAP_SAMPLES = 8;

/** What a mark's name says: {kind, epoch, turn, number}; null for a name of another server's. */
export function parseMark(name) {
  const found = /^(?:([bp])\.(\d+)\.(\d+)\.(\d+)|(e)\.(\d+)\.(\d+))$/.exec(name);
  if (found === null) return null;
  const [, kind, epoch, turn, number, end, endEpoch, endTurn] = found;
  if (end) return { kind: end, epoch: Number(endEpoch), turn: Number(endTurn), number: 0 };
  return { kind, epoch: Number(epoch), turn: Number(turn), number: Number(number) };
}

export class Playout {
  /** `passed(name, position)` is told each mark as the sample before it has been played. */
  constructor(passed) {
    this.passed = passed;
    this.waiting = [];
    this.offset = 0;
    this.buffered = 0;
    this.position = 0;
    this.underruns = 0;
    this.sentence = null;
    this.heard = null;
    this.drySince = null;
  }

  sound(pcm) {
    if (pcm.length === 0 || this.buffered + pcm.length > LONGEST_SAMPLES) return;
    this.waiting.push(pcm);
    this.buffered += pcm.length;
  }

  mark(name) {
    this.waiting.push(name);
    if (this.buffered === 0) this.passMarks();
  }

  /** Drops what was not played; returns the waiting marks in order. */
  clear() {
    const names = this.waiting.filter((item) => typeof item === "string");
    this.waiting = [];
    this.offset = 0;
    this.buffered = 0;
    this.sentence = null;
    this.drySince = null;
    return names;
  }

  /** The next sample, 16 bits. */
  next() {
    let sample = 0;
    const first = this.waiting[0];
    if (first === undefined) {
      this.drySince ??= this.position;
    } else {
      if (this.drySince !== null) this.wet();
      this.heard = this.sentence;
      sample = first[this.offset];
      this.offset += 1;
      this.buffered -= 1;
      if (this.offset === first.length) {
        this.waiting.shift();
        this.offset = 0;
      }
    }
    this.position += 1;
    if (this.offset === 0) this.passMarks();
    return sample;
  }

  /** Sound again: a gap inside a sentence, of 1 ms or more, was an underrun. */
  wet() {
    const inside = this.heard !== null && this.heard === this.sentence;
    if (inside && this.position - this.drySince >= SHORTEST_GAP_SAMPLES) this.underruns += 1;
    this.drySince = null;
  }

  passMarks() {
    while (typeof this.waiting[0] === "string") {
      const name = this.waiting.shift();
      const mark = parseMark(name);
      if (mark !== null && mark.kind === "b") this.sentence = `${mark.epoch}.${mark.turn}.${mark.number}`;
      if (mark !== null && mark.kind === "e") this.sentence = null;
      this.passed(name, this.position);
    }
  }
}
