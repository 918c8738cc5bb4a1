// One sentence of the agent's on the sheet: its words, its verdict, and behind a press its proof.

import { element, icon, setText } from "./element.js";

const VERDICTS = {
  proven: "The model's own words; each claim in them follows from a fact below.",
  template: "The business's sentence, filled with the facts below.",
  approved: "A phrase that the business approved as it stands.",
};
const STATES = {
  waiting: "not said yet",
  speaking: "being said",
  heard: "",
  part: "cut off here",
  unheard: "not said",
};

let count = 0;

export class SentenceView {
  constructor() {
    count += 1;
    const proof = `proof-${count}`;
    this.words = element("span", { class: "sentence-words" });
    this.state = element("span", { class: "sentence-state" });
    this.verdict = element("span", { class: "verdict" });
    this.button = element(
      "button",
      { type: "button", class: "sentence-line", "aria-expanded": "false", "aria-controls": proof },
      element("span", { class: "sentence-text" }, this.words, this.state),
      this.verdict,
    );
    this.proof = element("div", { class: "proof", id: proof, hidden: true });
    this.node = element("li", { class: "sentence" }, this.button, this.proof);
    this.button.addEventListener("click", () => this.toggle());
    this.sentence = null;
    this.shown = "";
  }

  toggle() {
    const open = this.proof.hidden;
    this.proof.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
  }

  /** `sentence` as the record has it; `state` as Transcript.state tells; `heard` is how many characters of
   *  one that was cut off were heard, else null. */
  show(sentence, state, heard) {
    this.node.dataset.state = state;
    setText(this.state, STATES[state]);
    const written = JSON.stringify([sentence, heard]);
    if (written === this.shown) return;
    this.shown = written;
    const said = heard === null || heard === 0 ? sentence.text.length : heard;
    const lost = element("span", { class: "sentence-lost" }, sentence.text.slice(said));
    this.words.replaceChildren(sentence.text.slice(0, said), lost);
    this.node.dataset.verdict = sentence.verdict;
    this.verdict.replaceChildren(icon(sentence.verdict), sentence.verdict);
    this.proof.replaceChildren(...proofOf(sentence));
  }
}

function proofOf(sentence) {
  const parts = [element("p", { class: "proof-why" }, VERDICTS[sentence.verdict] ?? sentence.verdict)];
  if (sentence.replaced) {
    const struck = element("del", {}, sentence.replaced);
    parts.push(element("p", { class: "proof-replaced" }, "Held back, for it could not be proven: ", struck));
  }
  if (sentence.phrase) {
    parts.push(element("p", { class: "proof-phrase" }, "Phrase ", element("code", {}, sentence.phrase)));
  }
  if (sentence.facts.length === 0) {
    parts.push(element("p", { class: "proof-none" }, "It needs no fact."));
    return parts;
  }
  const head = element(
    "tr",
    {},
    ...["Fact", "Value", "From"].map((word) => element("th", { scope: "col" }, word)),
  );
  const rows = sentence.facts.map(({ name, value, source }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, name.replaceAll("_", " ")),
      element("td", {}, String(value)),
      element("td", { class: "fact-source" }, source),
    ),
  );
  parts.push(
    element("table", { class: "facts" }, element("thead", {}, head), element("tbody", {}, ...rows)),
  );
  return parts;
}
