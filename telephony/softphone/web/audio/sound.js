// The sound of one call: microphone and recorded callers into the telephone, the agent out of it.

const WANTED = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
const TONE_S = 0.14;
const TONE_GAIN = 0.06;
const ROWS_HZ = [697, 770, 852, 941];
const COLUMNS_HZ = [1209, 1336, 1477];
export const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

export class Sound {
  /** Call it within a click: browsers let sound out only then. `told` gets the telephone's messages, and
   *  {lost: true} when the microphone is gone, {asleep: true} when the browser stops all sound in the middle
   *  of it (a telephone call that comes in, for one), {running: true} when it lets it go on. */
  constructor(told) {
    this.context = new AudioContext({ latencyHint: "interactive" });
    this.context.resume();
    this.told = told;
    this.node = null;
    this.stream = null;
    this.microphone = null;
    this.playing = null;
    this.ran = false;
    this.context.onstatechange = () => this.changed();
  }

  changed() {
    const { state } = this.context;
    if (state === "running") {
      if (this.ran) this.told({ running: true });
      this.ran = true;
    } else if (state !== "closed" && this.ran) {
      this.told({ asleep: true });
      this.resume();
    }
  }

  /** Asks the browser to let sound flow again. */
  resume() {
    if (!["running", "closed"].includes(this.context.state)) this.context.resume().catch(() => {});
  }

  async open() {
    await this.context.audioWorklet.addModule("/web/audio/telephone.js");
    if (this.context.state === "closed") return;
    this.node = new AudioWorkletNode(this.context, "telephone", {
      numberOfInputs: 1,
      numberOfOutputs: 1,
      outputChannelCount: [1],
    });
    this.node.port.onmessage = ({ data }) => this.told(data);
    this.mouth = new GainNode(this.context);
    this.mouth.connect(this.node);
    this.node.connect(this.context.destination);
  }

  tell(message, transfer = []) {
    this.node?.port.postMessage(message, transfer);
  }

  /** Asks for the microphone. Throws what `getUserMedia` throws. */
  async listen() {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: WANTED });
    if (this.context.state === "closed") {
      stream.getTracks().forEach((track) => track.stop());
      return;
    }
    this.stream = stream;
    stream.getAudioTracks()[0].onended = () => this.lose(stream);
  }

  /** The microphone was unplugged, or is no longer allowed. */
  lose(stream) {
    if (this.stream !== stream) return;
    this.microphone?.disconnect();
    this.microphone = null;
    this.stream = null;
    this.told({ lost: true });
  }

  /** Lets the microphone into the call, once both are there. */
  connectMicrophone() {
    if (this.stream === null || this.node === null || this.microphone !== null) return;
    this.microphone = new MediaStreamAudioSourceNode(this.context, { mediaStream: this.stream });
    this.microphone.connect(this.mouth);
  }

  set muted(muted) {
    if (this.mouth) this.mouth.gain.value = muted ? 0 : 1;
  }

  async decode(bytes) {
    return this.context.decodeAudioData(bytes);
  }

  /** A recorded caller speaks, into the telephone and the room; `done` is called at its end. */
  say(buffer, done) {
    const source = new AudioBufferSourceNode(this.context, { buffer });
    source.connect(this.node);
    source.connect(this.context.destination);
    source.onended = () => {
      if (this.playing === source) done();
    };
    source.start();
    this.hush();
    this.playing = source;
  }

  /** Stops the recorded caller; its `done` isn't called. */
  hush() {
    const source = this.playing;
    this.playing = null;
    source?.stop();
  }

  /** The key's two tones, for the one who pressed it. */
  tone(key) {
    const place = KEYS.indexOf(key);
    const gain = new GainNode(this.context, { gain: TONE_GAIN });
    gain.connect(this.context.destination);
    for (const frequency of [ROWS_HZ[Math.floor(place / 3)], COLUMNS_HZ[place % 3]]) {
      const tone = new OscillatorNode(this.context, { frequency });
      tone.connect(gain);
      tone.start();
      tone.stop(this.context.currentTime + TONE_S);
    }
  }

  close() {
    this.stream?.getTracks().forEach((track) => track.stop());
    if (this.node) this.node.port.onmessage = null;
    this.context.onstatechange = null;
    this.playing = null;
    if (this.context.state !== "closed") this.context.close();
  }
}
