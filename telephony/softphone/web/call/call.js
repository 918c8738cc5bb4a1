// One call: the sound and the wire joined, on the telephone's clock.

import { parseMark } from "../audio/playout.js";
import { levelDbfs, windowLevels, AUDIBLE_DBFS, WINDOW_MS } from "../audio/level.js";
import { NoisyLine } from "../audio/noise.js";
import { Recording } from "../audio/recording.js";
import { Sound } from "../audio/sound.js";
import { Awake } from "./awake.js";
import { Ear } from "./ear.js";
import { microphoneTrouble, withToken } from "./endings.js";
import { Line } from "./line.js";
import { PeerLine } from "./peer_line.js";
import { RecordedCaller } from "./recorded_caller.js";
import { ReplyWatch } from "./reply_watch.js";

const LINE_HZ = 8000;

export class Call {
  /** `events`: phase(name), caption, turn, mark, cleared, latency (each with the call's time in ms),
   *  levels(caller, agent, at), trouble(kind), running(), key(digit), ended({opened, code, reason}).
   *  `options`: token, business, noise (8 kHz samples or null). Make it within a click. */
  constructor(options, events) {
    this.options = options;
    this.events = events;
    this.greeted = false;
    performance.mark("ringdown: call");
    this.callId = null;
    this.begun = false;
    this.over = false;
    this.now = 0;
    this.underruns = 0;
    this.isMuted = false;
    this.noisy = options.noise;
    this.ear = new Ear();
    this.watch = new ReplyWatch();
    this.recording = new Recording();
    this.player = null;
    this.passing = [];
    this.tag = null;
    this.sound = new Sound((message) => this.told(message));
    this.ready = this.sound.open();
    this.line = this.dialled();
    this.ready.then(
      () => this.begin(),
      () => this.fail(),
    );
    events.phase("connecting");
  }

  /** The wire: a socket, or WebRTC where the page's address says `?transport=webrtc`. */
  dialled() {
    if (new URLSearchParams(location.search).get("transport") !== "webrtc") {
      return new Line(this.address(), this.handlers());
    }
    return new PeerLine(withToken("/softphone/offer", this.options.token), this.handlers());
  }

  address() {
    const base = location.href.replace(/^http/, "ws");
    return new URL(withToken("/softphone", this.options.token), base).href;
  }

  handlers() {
    return {
      open: () => this.begin(),
      sound: (pcm) => this.sound.tell({ sound: pcm }, [pcm.buffer]),
      mark: (name) => this.sound.tell({ mark: name }),
      clear: () => this.sound.tell({ clear: true }),
      call: ({ call_id: id }) => {
        this.callId = id;
      },
      caption: (caption) => this.events.caption(caption, this.now),
      turn: (turn) => this.events.turn(turn, this.now),
      close: (how) => this.end(how),
    };
  }

  /** When both the line and the telephone are there: `start`, and the clock runs from 0. */
  begin() {
    if (this.begun || this.over || !this.line.opened || this.sound.node === null) return;
    this.begun = true;
    const { business } = this.options;
    this.line.start({ ...(business ? { business } : {}), from: "browser", captions: "on" });
    this.sound.tell({ begin: true });
    this.sound.muted = this.isMuted;
    this.awake = new Awake(() => this.sound.resume());
    this.events.phase("live");
  }

  /** Asks for the microphone while the line is being opened; the agent hears silence until it is there. */
  async listen() {
    try {
      await this.sound.listen();
      await this.ready;
      if (!this.over) this.sound.connectMicrophone();
    } catch (error) {
      if (!this.over) this.events.trouble(microphoneTrouble(error));
    }
  }

  /** A recorded caller takes over; the microphone is muted meanwhile. */
  play(business, caller) {
    const fetchSound = async (file) => {
      const path = `/softphone/callers/${encodeURIComponent(business)}/${encodeURIComponent(file)}`;
      const answer = await fetch(withToken(path, this.options.token));
      if (!answer.ok) throw new Error(`no sound of a recorded caller: ${answer.status}`);
      return this.sound.decode(await answer.arrayBuffer());
    };
    this.muted = true;
    this.hush();
    this.player = new RecordedCaller(caller.steps, this.watch, fetchSound, {
      say: (buffer, done) => this.sound.say(buffer, done),
      key: (digit) => this.key(digit),
      hangUp: () => this.hangUp(),
    });
    this.player.loaded.catch(() => this.events.trouble("caller"));
  }

  /** The recorded caller who talks stops in the middle of it. */
  hush() {
    if (this.player?.busy) this.watch.acts(this.watch.actedStart, this.now);
    this.player = null;
    this.sound.hush();
  }

  /** Sound again, after the browser had stopped it. Call it within a click: some browsers ask for one. */
  resume() {
    this.sound.resume();
  }

  get muted() {
    return this.isMuted;
  }

  set muted(muted) {
    this.isMuted = muted;
    this.sound.muted = muted;
  }

  key(digit) {
    if (!this.begun || this.over) return;
    this.line.key(digit);
    this.sound.tone(digit);
    this.ear.key(this.now);
    this.events.key(digit);
  }

  hangUp() {
    if (this.over) return;
    this.line.hangUp();
    this.end({ opened: this.begun, code: 1000, reason: "caller" });
  }

  /** No sound: the browser has none for us, or the server went away with its file. */
  fail() {
    if (this.over) return;
    this.line.hangUp();
    this.end({ opened: false, code: 0, reason: "sound" });
  }

  end(how) {
    if (this.over) return;
    this.over = true;
    this.sound.close();
    this.awake?.end();
    this.events.ended(how);
  }

  /** What the telephone on the audio thread tells. */
  told(message) {
    if (this.over) return;
    if (message.frame) this.frame(message.frame);
    else if (message.mark !== undefined) {
      this.line.mark(message.mark);
      this.passing.push(message);
    } else if (message.cleared) {
      message.cleared.forEach((name) => this.line.mark(name));
      this.passing.push(message);
    } else if (message.lost) this.events.trouble("microphone-lost");
    else if (message.asleep) this.events.trouble("asleep");
    else if (message.running) this.events.running();
  }

  frame({ at, caller, agent, underruns }) {
    this.underruns = underruns;
    this.now = ((at + caller.length) * 1000) / LINE_HZ;
    const sent = this.noise === null ? caller : this.noise.under(caller);
    this.recording.add(sent, agent);
    this.line.frame(this.noise !== null && this.noise.loses() ? null : sent);
    this.hear((at * 1000) / LINE_HZ, windowLevels(caller), windowLevels(agent));
    this.player?.tick(this.now);
    this.events.levels(levelDbfs(caller), levelDbfs(agent), this.now);
  }

  /** Switches the noisy line on with 8 kHz samples, off with null. */
  set noisy(pcm) {
    this.noise = pcm === null ? null : new NoisyLine(pcm);
  }

  hear(start, callerLevels, agentLevels) {
    callerLevels.forEach((callerDbfs, index) => {
      const at = start + index * WINDOW_MS;
      this.pass(at);
      const agentDbfs = agentLevels[index];
      const measured = this.ear.hear(callerDbfs, agentDbfs, this.tag?.turn ?? null);
      if (measured !== null) this.events.latency(measured, this.now);
      if (agentDbfs <= AUDIBLE_DBFS) return;
      this.watch.heard(at, at + WINDOW_MS, this.tag);
      if (!this.greeted) this.greet();
    });
  }

  /** The first sound of the call: how long after the click stands in the browser's timeline. */
  greet() {
    this.greeted = true;
    performance.measure("ringdown: call to first sound", "ringdown: call");
  }

  /** Takes note of the marks and clears that were passed by the window that begins at `start`, in order:
   *  a mark stands before the sounds of its window, a clear behind them. */
  pass(start) {
    while (this.passing.length > 0) {
      const { mark: name, at } = this.passing[0];
      const ms = (at * 1000) / LINE_HZ;
      if (name === undefined ? ms > start : ms >= start + WINDOW_MS) return;
      this.passing.shift();
      if (name === undefined) this.cleared();
      else this.marked(name, ms);
    }
  }

  marked(name, at) {
    const mark = parseMark(name);
    if (mark !== null && mark.kind !== "p") {
      this.tag = mark.kind === "b" ? { epoch: mark.epoch, turn: mark.turn } : null;
    }
    this.watch.markPlayed(name, at);
    this.events.mark(name, at);
  }

  cleared() {
    this.watch.cleared();
    this.tag = null;
    this.events.cleared();
  }
}
