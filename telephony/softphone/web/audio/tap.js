// What comes by WebRTC, handed on in frames of 160 samples: Int16Arrays at the rate of the context, 8 kHz.

const FRAME_SAMPLES = 160;

class Tap extends AudioWorkletProcessor {
  constructor() {
    super();
    this.frame = new Int16Array(FRAME_SAMPLES);
    this.filled = 0;
  }

  process([input]) {
    const [channel] = input;
    if (channel === undefined) return true;
    for (const sample of channel) {
      this.frame[this.filled] = Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
      this.filled += 1;
      if (this.filled === FRAME_SAMPLES) this.hand();
    }
    return true;
  }

  hand() {
    this.port.postMessage(this.frame, [this.frame.buffer]);
    this.frame = new Int16Array(FRAME_SAMPLES);
    this.filled = 0;
  }
}

registerProcessor("tap", Tap);
