// Between the sound card's rate and the telephone's 8 kHz, both ways on one clock: for each sample of the
// card's the caller's side may yield a telephone sample, and then the agent's side takes one.
// Both filters are one windowed sinc: flat to 3.4 kHz, 60 dB down from 4 kHz, 3 ms late.

export const LINE_HZ = 8000;
const CUTOFF_HZ = 3700;
const HALF_WIDTH_S = 0.003;
const KAISER_BETA = 6;
const LARGEST_TABLE = 2_000_000;

/** Modified Bessel function of order 0. */
function bessel(x) {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 40; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** The filter's impulse response at `t` seconds from its middle; its integral over time is 1. */
function response(t) {
  const place = t / HALF_WIDTH_S;
  if (Math.abs(place) >= 1) return 0;
  const x = 2 * CUTOFF_HZ * t;
  const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  return 2 * CUTOFF_HZ * sinc * (bessel(KAISER_BETA * Math.sqrt(1 - place ** 2)) / bessel(KAISER_BETA));
}

function divisor(a, b) {
  return b === 0 ? a : divisor(b, a % b);
}

/** `phases` rows of `taps`: row f weighs the newest sample first, `f / phases` of a sample ago. */
function table(phases, taps, rateHz) {
  const rows = [];
  for (let phase = 0; phase < phases; phase += 1) {
    const row = new Float32Array(taps);
    let sum = 0;
    for (let tap = 0; tap < taps; tap += 1) {
      row[tap] = response((tap + phase / phases) / rateHz - HALF_WIDTH_S);
      sum += row[tap];
    }
    for (let tap = 0; tap < taps; tap += 1) row[tap] /= sum;
    rows.push(row);
  }
  return rows;
}

/** The last samples, newest first, in one stretch of memory. */
class History {
  constructor(taps) {
    this.taps = taps;
    this.samples = new Float32Array(taps * 2);
    this.at = taps;
  }

  push(sample) {
    this.at = this.at === 0 ? this.taps - 1 : this.at - 1;
    this.samples[this.at] = sample;
    this.samples[this.at + this.taps] = sample;
  }

  weigh(row) {
    let sum = 0;
    for (let tap = 0; tap < this.taps; tap += 1) sum += row[tap] * this.samples[this.at + tap];
    return sum;
  }
}

export class Resampler {
  /** `rateHz` is the card's rate, an integer of 8 kHz or more. Throws RangeError for one it can't serve. */
  constructor(rateHz) {
    const shared = divisor(rateHz, LINE_HZ);
    this.up = rateHz / shared;
    this.down = LINE_HZ / shared;
    const cardTaps = Math.ceil(2 * HALF_WIDTH_S * rateHz);
    const lineTaps = Math.ceil(2 * HALF_WIDTH_S * LINE_HZ);
    if (rateHz < LINE_HZ || !Number.isInteger(rateHz) || this.up * lineTaps > LARGEST_TABLE) {
      throw new RangeError(`no telephone sound at ${rateHz} Hz`);
    }
    this.toLine = table(this.down, cardTaps, rateHz);
    this.toCard = table(this.up, lineTaps, LINE_HZ);
    this.card = new History(cardTaps);
    this.line = new History(lineTaps);
    this.phase = 0;
  }

  /** One sample of the card's. `tick(sample)` gets the caller's telephone sample and returns the agent's. */
  step(input, tick) {
    this.card.push(input);
    this.phase += this.down;
    if (this.phase >= this.up) {
      this.phase -= this.up;
      this.line.push(tick(this.card.weigh(this.toLine[this.phase])));
    }
    return this.line.weigh(this.toCard[this.phase]);
  }
}
