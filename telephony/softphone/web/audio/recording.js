// Both sides of a call on one clock, and their WAV: stereo, 16 bits, 8 kHz, caller left, agent right.

const RATE_HZ = 8000;
const HEADER_BYTES = 44;

export class Recording {
  constructor() {
    this.caller = [];
    this.agent = [];
    this.samples = 0;
  }

  add(caller, agent) {
    this.caller.push(caller);
    this.agent.push(agent);
    this.samples += caller.length;
  }

  /** The whole as a Blob. */
  wav() {
    const bytes = new DataView(new ArrayBuffer(HEADER_BYTES + this.samples * 4));
    const text = (at, word) => [...word].forEach((c, index) => bytes.setUint8(at + index, c.charCodeAt(0)));
    text(0, "RIFF");
    bytes.setUint32(4, bytes.byteLength - 8, true);
    text(8, "WAVEfmt ");
    bytes.setUint32(16, 16, true);
    bytes.setUint16(20, 1, true);
    bytes.setUint16(22, 2, true);
    bytes.setUint32(24, RATE_HZ, true);
    bytes.setUint32(28, RATE_HZ * 4, true);
    bytes.setUint16(32, 4, true);
    bytes.setUint16(34, 16, true);
    text(36, "data");
    bytes.setUint32(40, this.samples * 4, true);
    let at = HEADER_BYTES;
    this.caller.forEach((frame, number) => {
      const other = this.agent[number];
      for (let index = 0; index < frame.length; index += 1, at += 4) {
        bytes.setInt16(at, frame[index], true);
        bytes.setInt16(at + 2, other[index], true);
      }
    });
    return new Blob([bytes.buffer], { type: "audio/wav" });
  }
}
