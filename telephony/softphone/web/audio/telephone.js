// The telephone on the audio thread: the caller's sound in, the agent's out, both in 20 ms frames of one clock.
//
// It is told {sound: Int16Array}, {mark: name}, {clear: true}, {begin: true}.
// It tells {frame: {at, caller, agent, underruns}} (samples since `begin`, two Int16Arrays of 160),
// {mark: name, at} as a mark is passed, and {cleared: [names], at}.

import { Playout } from "./playout.js";
import { Resampler } from "./resampler.js";

const FRAME_SAMPLES = 160;

class Telephone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(sampleRate);
    this.playout = new Playout((name, at) => this.port.postMessage({ mark: name, at }));
    this.begun = false;
    this.filled = 0;
    this.caller = new Int16Array(FRAME_SAMPLES);
    this.agent = new Int16Array(FRAME_SAMPLES);
    this.tick = (sample) => this.exchange(sample);
    this.port.onmessage = ({ data }) => this.told(data);
  }

  told(message) {
    if (message.sound) this.playout.sound(message.sound);
    else if (message.mark !== undefined) this.playout.mark(message.mark);
    else if (message.clear) this.port.postMessage({ cleared: this.playout.clear(), at: this.playout.position });
    else if (message.begin) this.begun = true;
  }

  process(inputs, outputs) {
    const input = inputs[0];
    const [output, ...others] = outputs[0];
    for (let index = 0; index < output.length; index += 1) {
      let sample = 0;
      for (const channel of input) sample += channel[index];
      output[index] = this.resampler.step(input.length > 1 ? sample / input.length : sample, this.tick);
    }
    for (const other of others) other.set(output);
    return true;
  }

  /** One telephone sample of the caller's for one of the agent's; full scale is 1. */
  exchange(sample) {
    if (!this.begun) return 0;
    const agent = this.playout.next();
    this.caller[this.filled] = Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
    this.agent[this.filled] = agent;
    this.filled += 1;
    if (this.filled === FRAME_SAMPLES) this.hand();
    return agent / 32768;
  }

  hand() {
    const { caller, agent } = this;
    const at = this.playout.position - FRAME_SAMPLES;
    const frame = { at, caller, agent, underruns: this.playout.underruns };
    this.port.postMessage({ frame }, [caller.buffer, agent.buffer]);
    this.caller = new Int16Array(FRAME_SAMPLES);
    this.agent = new Int16Array(FRAME_SAMPLES);
    this.filled = 0;
  }
}

registerProcessor("telephone", Telephone);
