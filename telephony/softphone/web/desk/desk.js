// The telephone's controls: they show the state of the call, and say what the caller wants.

import { clock, element, icon, setText } from "../sheet/element.js";
import { Keypad } from "./keypad.js";
import { Meter } from "./meter.js";

const WORDS = { idle: "Ready", connecting: "Connecting", live: "In call", ended: "Call ended" };
const KEYED_SHOWN = 12;

const $ = (id) => document.getElementById(id);

export class Desk {
  /** `wants`: call(), hangUp(), mute(on), key(digit), noisy(on), play(caller), business(name), save(). */
  constructor(wants) {
    this.wants = wants;
    this.phase = "idle";
    this.playingId = null;
    this.keypad = new Keypad($("keypad"), wants.key);
    this.agent = new Meter($("meter-agent"));
    this.caller = new Meter($("meter-caller"));
    $("call").addEventListener("click", () => this.press());
    $("mute").addEventListener("click", () => wants.mute($("mute").getAttribute("aria-pressed") === "false"));
    $("keys").addEventListener("click", () => this.showKeys($("keys").getAttribute("aria-expanded") === "false"));
    $("noisy").addEventListener("click", () => {
      const on = $("noisy").getAttribute("aria-pressed") === "false";
      this.noisy(on);
      wants.noisy(on);
    });
    $("business").addEventListener("change", () => wants.business($("business").value));
    $("save").addEventListener("click", wants.save);
    document.addEventListener("keydown", (event) => this.typed(event));
    this.show("idle");
  }

  get inCall() {
    return this.phase === "connecting" || this.phase === "live";
  }

  press() {
    if (this.inCall) this.wants.hangUp();
    else this.wants.call();
  }

  /** `phase` is idle, connecting, live or ended; `words` say more than its name. */
  show(phase, words = WORDS[phase]) {
    this.phase = phase;
    $("telephone").dataset.phase = phase;
    setText($("state"), words);
    setText($("call-word"), this.inCall ? "Hang up" : phase === "ended" ? "Call again" : "Call");
    $("mute").disabled = !this.inCall;
    $("business").disabled = this.inCall;
    this.keypad.enabled = phase === "live";
    if (!this.inCall) {
      this.agent.rest();
      this.caller.rest();
      this.playing(null);
    }
  }

  noisy(noisy) {
    $("noisy").setAttribute("aria-pressed", String(noisy));
  }

  muted(muted) {
    $("mute").setAttribute("aria-pressed", String(muted));
  }

  time(ms) {
    setText($("timer"), clock(ms));
  }

  levels(caller, agent) {
    this.caller.hear(caller);
    this.agent.hear(agent);
  }

  paint() {
    this.caller.paint();
    this.agent.paint();
  }

  keyed(digit) {
    setText($("keyed"), digit === null ? "" : `${$("keyed").textContent}${digit}`.slice(-KEYED_SHOWN));
  }

  showKeys(open) {
    $("keys").setAttribute("aria-expanded", String(open));
    $("keypad").classList.toggle("out", open);
  }

  /** The businesses that can be called, and which of them is. */
  offer(businesses, chosen) {
    const choices = businesses.map(({ name, title }) =>
      element("option", { value: name, selected: name === chosen.name }, title),
    );
    $("business").replaceChildren(...choices);
    $("business").classList.toggle("only", choices.length === 1);
    this.offerCallers(chosen);
  }

  offerCallers({ callers }) {
    $("callers").hidden = callers.length === 0;
    const rows = callers.map((caller) => {
      const button = element("button", { type: "button", "data-caller": caller.id, "aria-pressed": "false" });
      button.append(icon("play"), caller.title);
      button.addEventListener("click", () => this.wants.play(caller));
      return element("li", {}, button);
    });
    $("caller-list").replaceChildren(...rows);
    const asked = callers.map((caller) => caller.steps[0].says).filter(Boolean);
    $("try").replaceChildren(...[...new Set(asked)].map((words) => element("li", {}, `“${words}”`)));
  }

  /** Which recorded caller talks; null for none. */
  playing(id) {
    $("caller-list")
      .querySelectorAll("button")
      .forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.caller === id)));
    setText($("caller-name"), id === null ? "You" : "Caller");
  }

  /** Keys of the keyboard, where no field or button wants them. */
  typed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const at = event.target;
    if (at.closest("input:not([type=checkbox]), select, textarea")) return;
    if (event.key === "Escape") {
      if (this.inCall) this.wants.hangUp();
    } else if (this.phase === "live" && this.keypad.has(event.key)) {
      event.preventDefault();
      this.keypad.press(event.key);
    } else if ((event.key === " " || event.key === "Enter") && !at.closest("button, a, summary, input")) {
      event.preventDefault();
      if (!this.inCall) this.wants.call();
    }
  }
}
