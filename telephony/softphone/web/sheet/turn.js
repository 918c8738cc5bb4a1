// One turn on the sheet: what the caller said, what the agent answered, how long it took.

import { clock, element, setText } from "./element.js";
import { SentenceView } from "./sentence.js";
import { Transcript } from "./transcript.js";
import { Waterfall } from "./waterfall.js";

const KINDS = { resume: "went on", reprompt: "asked again" };

export class TurnView {
  /** `who` is the caller's name on the sheet. */
  constructor(who) {
    this.callerTime = element("span", { class: "time" });
    this.callerWords = element("p", { class: "caller-words" });
    this.caller = element(
      "div",
      { class: "entry caller", hidden: true },
      margin(this.callerTime, who),
      this.callerWords,
    );
    this.agentTime = element("span", { class: "time" });
    this.agentKind = element("span", { class: "kind" });
    this.sentences = element("ol", { class: "sentences" });
    this.waterfall = new Waterfall();
    this.agent = element(
      "div",
      { class: "entry agent", hidden: true },
      margin(this.agentTime, "Agent", this.agentKind),
      element("div", { class: "agent-words" }, this.sentences, this.waterfall.node),
    );
    this.node = element("li", { class: "turn" }, this.caller, this.agent);
    this.views = [];
  }

  show(turn) {
    const { record } = turn;
    if (record === null) return;
    const keyed = record.caller.some((span) => span.kind === "keys");
    const words = record.transcript || (keyed ? "keys" : "");
    this.caller.hidden = words === "";
    this.caller.classList.toggle("keyed", keyed);
    setText(this.callerWords, words);
    setText(this.callerTime, clock(record.caller[0]?.start_ms ?? turn.at));
    this.agent.hidden = record.sentences.length === 0;
    setText(this.agentTime, clock(turn.at));
    setText(this.agentKind, KINDS[record.kind] ?? "");
    record.sentences.forEach((sentence, index) => {
      if (this.views[index] === undefined) {
        this.views[index] = new SentenceView();
        this.sentences.append(this.views[index].node);
      }
      const state = Transcript.state(turn, index);
      this.views[index].show(sentence, state, state === "part" ? Transcript.heardLength(record, index) : null);
    });
    this.views.splice(record.sentences.length).forEach((view) => view.node.remove());
    this.waterfall.show(record, turn.latency);
  }
}

function margin(time, who, ...more) {
  return element("div", { class: "margin" }, element("span", { class: "who" }, who), time, ...more);
}
