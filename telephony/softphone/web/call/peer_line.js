// The wire of one call over WebRTC, as docs/protocol.md says: for `Call` it looks like a `Line`.
//
// The telephone's frames become a track, and the agent's track becomes frames, both in an 8 kHz context.

const RATE_HZ = 8000;
const FRAME_S = 0.02;
const AHEAD_S = 0.06;
/** Silence before the agent's first frame: against the unevenness of those that follow. */
const HELD_SAMPLES = 480;
const GATHER_MS = 2000;
const CHANNEL = "ringdown";

export class PeerLine {
  /** `url` is the route of offers; `handlers` as a `Line`'s. */
  constructor(url, handlers) {
    this.url = url;
    this.handlers = handlers;
    this.opened = false;
    this.over = false;
    this.ended = { code: 1006, reason: "" };
    this.due = 0;
    this.context = new AudioContext({ sampleRate: RATE_HZ, latencyHint: "interactive" });
    this.mouth = new MediaStreamAudioDestinationNode(this.context, { channelCount: 1 });
    this.peer = new RTCPeerConnection();
    this.channel = this.peer.createDataChannel(CHANNEL);
    this.channel.onmessage = ({ data }) => this.take(data);
    this.channel.onclose = () => this.close();
    this.peer.onconnectionstatechange = () => {
      if (["failed", "closed"].includes(this.peer.connectionState)) this.close();
    };
    this.peer.ontrack = ({ streams, track }) => this.listen(streams[0] ?? new MediaStream([track]));
    this.peer.addTrack(this.mouth.stream.getAudioTracks()[0], this.mouth.stream);
    this.context.audioWorklet.addModule("/web/audio/tap.js").then(
      () => {
        this.opened = true;
        if (!this.over) handlers.open();
      },
      () => this.close(),
    );
  }

  /** Begins the call. `parameters` are its `customParameters`. */
  async start(parameters) {
    try {
      await this.peer.setLocalDescription();
      await this.gathered();
      const { type, sdp } = this.peer.localDescription;
      const body = JSON.stringify({ type, sdp, request_data: parameters });
      const answer = await fetch(this.url, { method: "POST", body });
      if (answer.status === 503) this.ended = { code: 1013, reason: "busy" };
      else if (!answer.ok) this.ended = { opened: false, code: answer.status, reason: await refusal(answer) };
      if (!answer.ok) throw new Error(`no answer: ${answer.status}`);
      const { sdp: answered } = await answer.json();
      await this.peer.setRemoteDescription({ type: "answer", sdp: answered });
    } catch (error) {
      console.warn("no call over WebRTC:", error.name);
      this.close();
    }
  }

  /** All candidates are in the offer: none is sent later. */
  gathered() {
    return new Promise((resolve) => {
      const look = () => this.peer.iceGatheringState === "complete" && resolve();
      this.peer.addEventListener("icegatheringstatechange", look);
      setTimeout(resolve, GATHER_MS);
      look();
    });
  }

  listen(stream) {
    // Chromium lets a remote track into a context only while an element plays it.
    this.element = new Audio();
    this.element.muted = true;
    this.element.srcObject = stream;
    this.element.play().catch(() => {});
    const mono = { channelCount: 1, channelCountMode: "explicit" };
    const tap = new AudioWorkletNode(this.context, "tap", mono);
    const source = new MediaStreamAudioSourceNode(this.context, { mediaStream: stream });
    source.connect(tap).connect(this.context.destination);
    this.handlers.sound(new Int16Array(HELD_SAMPLES));
    tap.port.onmessage = ({ data }) => this.over || this.handlers.sound(data);
  }

  /** The caller's next 20 ms, 160 samples; null for a packet that the network loses. */
  frame(pcm) {
    const now = this.context.currentTime;
    if (this.due < now) this.due = now + AHEAD_S;
    if (pcm !== null) {
      const buffer = new AudioBuffer({ length: pcm.length, sampleRate: RATE_HZ });
      buffer.copyToChannel(Float32Array.from(pcm, (sample) => sample / 32768), 0);
      const source = new AudioBufferSourceNode(this.context, { buffer });
      source.connect(this.mouth);
      source.start(this.due);
    }
    this.due += FRAME_S;
  }

  key(digit) {
    this.send({ event: "dtmf", dtmf: { digit } });
  }

  /** Nothing: marks are the connection's own, and none goes back. */
  mark() {}

  hangUp() {
    this.send({ event: "stop" });
    this.ended = { code: 1000, reason: "caller" };
    this.close();
  }

  send(message) {
    if (this.channel.readyState === "open") this.channel.send(JSON.stringify(message));
  }

  close() {
    if (this.over) return;
    this.over = true;
    if (this.element) this.element.srcObject = null;
    this.context.close();
    // What was sent last leaves first.
    setTimeout(() => this.peer.close(), 200);
    this.handlers.close({ opened: this.opened, ...this.ended });
  }

  /** One message of the agent's. What can't be read is left out. */
  take(data) {
    try {
      const message = JSON.parse(data);
      if (message.event === "mark") this.handlers.mark(String(message.mark.name));
      else if (message.event === "clear") this.handlers.clear();
      else if (message.event === "turn") this.handlers.turn(message.turn);
      else if (message.event === "end") this.ended = { code: message.code, reason: message.reason };
      else if (["call", "caption"].includes(message.event)) this.handlers[message.event](message);
    } catch (error) {
      console.warn("a message of the server's was left out:", error.name);
    }
  }
}

/** What the server says about why it takes no offer. */
async function refusal(answer) {
  const { error } = await answer.json().catch(() => ({}));
  return String(error ?? "");
}
