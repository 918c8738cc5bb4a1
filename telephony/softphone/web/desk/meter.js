// A level meter: a row of dots, as many lit as it is loud.

const QUIET_DBFS = -54;
const LOUD_DBFS = -8;
const FALL = 0.09;

export class Meter {
  constructor(node) {
    this.node = node;
    this.level = 0;
    this.painted = -1;
  }

  /** The level of the last 20 ms, in dBFS. */
  hear(dbfs) {
    const part = Math.max(0, Math.min(1, (dbfs - QUIET_DBFS) / (LOUD_DBFS - QUIET_DBFS)));
    this.level = Math.max(part, this.level - FALL);
  }

  rest() {
    this.level = 0;
    this.paint();
  }

  paint() {
    const steps = Math.round(this.level * 24);
    if (steps === this.painted) return;
    this.painted = steps;
    this.node.style.setProperty("--level", steps / 24);
  }
}
