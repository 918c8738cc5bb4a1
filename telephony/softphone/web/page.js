// The page: the telephone and the call sheet, joined to one call at a time.

import { decode as decodeWav } from "./audio/wav.js";
import { Call } from "./call/call.js";
import { ending, whyRefused, withToken } from "./call/endings.js";
import { Desk } from "./desk/desk.js";
import { Notice } from "./desk/notice.js";
import { Announcer } from "./sheet/announcer.js";
import { setText } from "./sheet/element.js";
import { Sheet } from "./sheet/sheet.js";
import { Transcript } from "./sheet/transcript.js";
import { parseMark } from "./audio/playout.js";

const NOISE = "/web/audio/street.wav";
const KEPT_TOKEN = "ringdown-token";

const $ = (id) => document.getElementById(id);

class Page {
  constructor() {
    this.call = null;
    this.last = null;
    this.businesses = [];
    this.business = null;
    this.token = takeToken() ?? sessionStorage.getItem(KEPT_TOKEN) ?? "";
    this.noise = null;
    this.noisy = false;
    this.announcer = new Announcer($("announcer"));
    this.sheet = new Sheet($("turns"));
    this.desk = new Desk({
      call: () => this.dial(),
      hangUp: () => this.call?.hangUp(),
      mute: (on) => this.mute(on),
      key: (digit) => this.call?.key(digit),
      noisy: (on) => this.setNoise(on),
      play: (caller) => this.play(caller),
      business: (name) => this.choose(name),
      save: () => this.save(),
    });
    this.notice = new Notice($("notice"), {
      play: () => this.play(this.business?.callers[0]),
      retry: () => this.retry(),
      listen: () => this.listen(),
      resume: () => this.call?.resume(),
      token: (token) => this.useToken(token),
    });
    this.paint = this.paint.bind(this);
  }

  /** Asks the server what can be called; says what is in the way. */
  async open() {
    if (!window.isSecureContext) return this.notice.show("insecure");
    if (!("AudioWorkletNode" in window)) return this.notice.show("old");
    try {
      const answer = await fetch(withToken("/softphone/businesses", this.token), { cache: "no-store" });
      if (!answer.ok) return this.explain();
      const offered = await answer.json();
      this.businesses = offered.businesses;
      this.notice.hide();
      this.choose(this.business?.name ?? offered.default);
    } catch {
      this.notice.show("gone");
    }
  }

  /** Says why there is no call: what the server says, or else `otherwise`, and `more` beside that. */
  async explain(otherwise = "gone", more = "") {
    const why = await whyRefused(this.token);
    if (why === "wrong-token") sessionStorage.removeItem(KEPT_TOKEN);
    if (why === null) this.notice.show(otherwise, more);
    else this.notice.show(why);
  }

  choose(name) {
    this.business = this.businesses.find((business) => business.name === name) ?? this.businesses[0] ?? null;
    if (this.business !== null) this.desk.offer(this.businesses, this.business);
  }

  useToken(token) {
    this.token = token;
    sessionStorage.setItem(KEPT_TOKEN, token);
    this.open();
  }

  retry() {
    if (this.businesses.length === 0) this.open();
    else this.dial();
  }

  /** Calls. Must run within a click or key press. */
  dial(caller = null) {
    if (this.call !== null) return;
    if (!window.isSecureContext || !("AudioWorkletNode" in window)) return void this.open();
    this.notice.hide();
    this.sheet.clear(caller === null ? "You" : "Caller");
    $("empty").hidden = true;
    $("save").hidden = true;
    this.desk.keyed(null);
    this.desk.time(0);
    this.transcript = new Transcript((turn) => this.written(turn));
    const options = { token: this.token, business: this.business?.name, noise: this.noise };
    const call = new Call(options, this.events());
    this.call = call;
    this.last = call;
    this.mute(false);
    if (caller === null) call.listen();
    else this.letTalk(caller);
    const started = new Date().toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    setText($("about"), [this.business?.title, started].filter(Boolean).join(", "));
    requestAnimationFrame(this.paint);
  }

  events() {
    const { transcript } = this;
    return {
      phase: (name) => {
        this.desk.show(name);
        if (name === "live") this.announcer.say("In call");
      },
      caption: (caption) => transcript.caption(caption),
      turn: (turn, at) => transcript.turn(turn, at),
      mark: (name, at) => {
        transcript.mark(name, at);
        const mark = parseMark(name);
        if (mark?.kind === "e") this.announcer.turn(transcript.turns.get(mark.turn));
      },
      cleared: () => {
        const turn = transcript.cleared();
        if (turn !== null) this.announcer.cut(turn);
      },
      latency: (measured, at) => transcript.latency(measured, at),
      levels: (caller, agent, at) => {
        this.desk.levels(caller, agent);
        this.desk.time(at);
      },
      trouble: (kind) => this.notice.show(kind),
      running: () => {
        if (this.notice.kind === "asleep") this.notice.hide();
      },
      key: (digit) => this.desk.keyed(digit),
      ended: (how) => this.ended(how),
    };
  }

  written(turn) {
    if (turn === null) this.sheet.showOpen(this.transcript.open);
    else if (turn.record !== null) this.sheet.showTurn(turn);
  }

  paint() {
    if (this.call === null) return;
    this.desk.paint();
    requestAnimationFrame(this.paint);
  }

  play(caller) {
    if (!caller) return;
    this.notice.hide();
    if (this.call === null) this.dial(caller);
    else this.letTalk(caller);
  }

  async letTalk(caller) {
    const { call } = this;
    this.mute(true);
    this.desk.playing(caller.id);
    await call.ready;
    if (!call.over) call.play(this.business.name, caller);
  }

  mute(on) {
    if (this.call === null) return;
    this.call.muted = on;
    this.desk.muted(on);
  }

  /** The microphone again, after it was lost. */
  listen() {
    this.notice.hide();
    this.call?.listen();
  }

  /** The last press counts, whichever sound comes first. */
  async setNoise(on) {
    this.noisy = on;
    const heard = on ? await street() : null;
    if (this.noisy !== on) return;
    if (on && heard === null) {
      this.noisy = false;
      this.desk.noisy(false);
      this.notice.show("noise");
    }
    this.noise = heard;
    if (this.call !== null) this.call.noisy = heard;
  }

  async ended({ opened, code, reason }) {
    const { call } = this;
    this.call = null;
    this.transcript?.cleared(); // nothing sounds any more
    this.desk.muted(false);
    if (reason === "caller" || opened) {
      const { text, trouble } = reason === "caller" ? { text: "Call ended", trouble: null } : ending({ code, reason });
      this.desk.show("ended", text);
      this.announcer.say(text);
      if (trouble !== null) this.notice.show(trouble);
    } else {
      this.desk.show("ended", "No connection");
      const refused = code >= 400 && code < 600;
      await this.explain(reason === "sound" ? "sound" : refused ? "offer" : "gone", refused ? reason : "");
    }
    $("save").hidden = call.recording.samples === 0;
  }

  /** Hands the last call's recording to the browser's downloads. */
  save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(this.last.recording.wav());
    link.download = `${this.last.callId ?? "call"}.wav`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
}

/** The token in the page's address, which loses it: an address is seen by others, and kept. */
function takeToken() {
  const address = new URL(location.href);
  const token = address.searchParams.get("token");
  if (token === null) return null;
  sessionStorage.setItem(KEPT_TOKEN, token);
  address.searchParams.delete("token");
  history.replaceState(history.state, "", address);
  return token;
}

/** The noise of a street at 8 kHz; null where it can't be had. */
async function street() {
  try {
    return decodeWav(await (await fetch(NOISE)).arrayBuffer());
  } catch {
    return null;
  }
}

new Page().open();
