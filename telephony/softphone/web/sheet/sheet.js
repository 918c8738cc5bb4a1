// The call sheet: turn by turn what was said, and the words that the caller is saying now.

import { clock, element, setText } from "./element.js";
import { TurnView } from "./turn.js";

const NEAR_END_PX = 160;

export class Sheet {
  /** `list` is the ordered list that holds the turns. */
  constructor(list) {
    this.list = list;
    this.clear();
  }

  /** Empties it; `who` is the caller's name on it. */
  clear(who = "You") {
    this.who = who;
    this.views = new Map();
    this.time = element("span", { class: "time" });
    this.words = element("p", { class: "caller-words" });
    this.open = element(
      "li",
      { class: "turn open", hidden: true },
      element(
        "div",
        { class: "entry caller" },
        element("div", { class: "margin" }, element("span", { class: "who" }, who), this.time),
        this.words,
      ),
    );
    this.list.replaceChildren(this.open);
  }

  showTurn(turn) {
    const stick = this.atEnd();
    if (!this.views.has(turn.n)) {
      const view = new TurnView(this.who);
      const later = [...this.views.keys()].filter((n) => n > turn.n).sort((a, b) => a - b)[0];
      this.list.insertBefore(view.node, later === undefined ? this.open : this.views.get(later).node);
      this.views.set(turn.n, view);
    }
    this.views.get(turn.n).show(turn);
    if (stick) this.follow();
  }

  /** `open` is {words, at} of the caller who speaks now, or null. */
  showOpen(open) {
    const stick = this.atEnd();
    this.open.hidden = open === null;
    if (open !== null) {
      setText(this.time, clock(open.at));
      open.words.forEach((word, index) => this.showWord(word, index));
      while (this.words.children.length > open.words.length) this.words.lastChild.remove();
    }
    if (stick) this.follow();
  }

  showWord({ text, stable }, index) {
    const known = this.words.children[index];
    const node = known ?? element("span");
    setText(node, `${text} `);
    node.className = stable ? "word stable" : "word";
    if (!known) this.words.append(node);
  }

  /** Whether the reader sees the end, and so wants to go on seeing it. */
  atEnd() {
    return this.last().getBoundingClientRect().bottom <= window.innerHeight + NEAR_END_PX;
  }

  follow() {
    this.last().scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  last() {
    return this.open.hidden ? (this.open.previousElementSibling ?? this.list) : this.open;
  }
}
