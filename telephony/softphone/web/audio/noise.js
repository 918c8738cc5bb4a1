// A noisy line: a street under all that the caller says, 10 dB below the speech, and one packet in 100 lost.

import { levelDbfs, windowLevels } from "./level.js";

const SNR_DB = 10;
const LOSS = 0.01;
const FIRST_SPEECH_DBFS = -26;
const SPEECH_BELOW_PEAK_DB = 35;
const SPEECH_FLOOR_DBFS = -50;
const PEAK_FALLS_DB = 0.05;
const SHARE = 0.02;

export class NoisyLine {
  /** `pcm` is the noise, 8 kHz, looped. */
  constructor(pcm) {
    this.pcm = pcm;
    this.at = 0;
    this.noiseDbfs = levelDbfs(pcm);
    this.speechDbfs = FIRST_SPEECH_DBFS;
    this.peakDbfs = FIRST_SPEECH_DBFS;
  }

  /** The frame with the noise under it; follows how loud the caller speaks. */
  under(frame) {
    this.listen(frame);
    const gain = 10 ** ((this.speechDbfs - SNR_DB - this.noiseDbfs) / 20);
    const mixed = new Int16Array(frame.length);
    for (let index = 0; index < frame.length; index += 1) {
      const sum = Math.round(frame[index] + gain * this.pcm[this.at]);
      mixed[index] = Math.max(-32768, Math.min(32767, sum));
      this.at = (this.at + 1) % this.pcm.length;
    }
    return mixed;
  }

  listen(frame) {
    for (const level of windowLevels(frame)) {
      this.peakDbfs = Math.max(level, this.peakDbfs - PEAK_FALLS_DB, SPEECH_FLOOR_DBFS);
      if (level < Math.max(SPEECH_FLOOR_DBFS, this.peakDbfs - SPEECH_BELOW_PEAK_DB)) continue;
      this.speechDbfs += SHARE * (level - this.speechDbfs);
    }
  }

  loses() {
    return Math.random() < LOSS;
  }
}
