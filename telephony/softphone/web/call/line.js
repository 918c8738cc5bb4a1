// The wire of one call: Media Streams messages over a WebSocket, as docs/protocol.md says.

import { decode, encode } from "../audio/mulaw.js";

const FRAME_MS = 20;
const MOST_UNSENT_BYTES = 256 * 1024;

function random(bytes) {
  const drawn = crypto.getRandomValues(new Uint8Array(bytes));
  return [...drawn].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Line {
  /** `handlers`: open(), sound(pcm), mark(name), clear(), call(event), caption(event), turn(turn),
   *  close({opened, code, reason}). */
  constructor(url, handlers) {
    this.handlers = handlers;
    this.stream = `MZ${random(16)}`;
    this.frames = 0;
    this.lost = 0;
    this.opened = false;
    this.socket = new WebSocket(url);
    this.socket.onopen = () => {
      this.opened = true;
      handlers.open();
    };
    this.socket.onmessage = ({ data }) => this.take(data);
    this.socket.onclose = ({ code, reason }) => handlers.close({ opened: this.opened, code, reason });
  }

  /** Begins the call. `parameters` are its `customParameters`. */
  start(parameters) {
    this.send({ event: "connected", protocol: "Call", version: "1.0.0" });
    const start = {
      streamSid: this.stream,
      callSid: `CA${random(16)}`,
      tracks: ["inbound"],
      mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
      customParameters: parameters,
    };
    this.send({ event: "start", sequenceNumber: "1", streamSid: this.stream, start });
  }

  /** The caller's next 20 ms, 160 samples; null for a packet that the network loses. */
  frame(pcm) {
    this.frames += 1;
    if (pcm === null || this.socket.bufferedAmount > MOST_UNSENT_BYTES) {
      this.lost += 1;
      return;
    }
    const media = {
      track: "inbound",
      chunk: String(this.frames),
      timestamp: String((this.frames - 1) * FRAME_MS),
      payload: encode(pcm),
    };
    this.send({ event: "media", sequenceNumber: String(this.frames + 1), streamSid: this.stream, media });
  }

  key(digit) {
    this.send({ event: "dtmf", streamSid: this.stream, dtmf: { track: "inbound_track", digit } });
  }

  mark(name) {
    this.send({ event: "mark", streamSid: this.stream, mark: { name } });
  }

  hangUp() {
    if (this.socket.readyState === WebSocket.OPEN) this.send({ event: "stop", streamSid: this.stream });
    this.socket.close(1000, "caller");
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** One message of the agent's. What can't be read is left out: a telephone would not notice. */
  take(data) {
    const message = read(data);
    const event = message?.event;
    if (event === "media") {
      const pcm = readSound(message.media?.payload);
      if (pcm !== null) this.handlers.sound(pcm);
    } else if (event === "mark") this.handlers.mark(String(message.mark?.name));
    else if (event === "clear") this.handlers.clear();
    else if (event === "turn") this.handlers.turn(message.turn);
    else if (event === "call") this.handlers.call(message);
    else if (event === "caption") this.handlers.caption(message);
  }
}

/** The message; null for what is no JSON. */
function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Its samples; null for what is no base64. */
function readSound(payload) {
  try {
    return decode(payload);
  } catch {
    return null;
  }
}
