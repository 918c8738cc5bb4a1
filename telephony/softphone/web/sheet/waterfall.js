// How long a reply took and where the time went: one line, and behind a press a row a stage.
//
// The stages are the server's (docs/protocol.md, `stages_ms`); the whole is this page's own measurement, from
// the caller's last sound to the agent's first, so what no stage explains is the way there and back.

import { element, setText } from "./element.js";

const STAGES = [
  ["end_of_turn", "Sure that you had finished"],
  ["asr", "Recognising", "end_of_turn"],
  ["smart_turn", "Hearing the end", "end_of_turn"],
  ["dialogue", "Deciding what to say"],
  ["intent", "What is wanted", "dialogue"],
  ["tool", "Looking it up", "dialogue"],
  ["phrase", "Wording it", "dialogue"],
  ["first_sound", "First sound of the voice"],
  ["transport", "On the line, to you"],
];
/** Recognition begins at the pause: after silence of `vad.stop_ms`, by default this long. */
const PAUSE_MS = 160;
const REST = ["rest", "On the line, from you"];

/** Rows {name, label, inner, from, ms} of a turn, in ms from the caller's end, and the whole. */
export function layOut(stages, latency) {
  const rows = [];
  let at = 0;
  const inside = new Map();
  for (const [name, label, outer] of STAGES) {
    const ms = stages[name];
    if (ms === undefined) continue;
    if (outer === undefined) {
      rows.push({ name, label, inner: false, from: at, ms });
      inside.set(name, at + (name === "end_of_turn" ? pauseIn(stages) : 0));
      at += ms;
    } else {
      const from = inside.get(outer) ?? at;
      rows.push({ name, label, inner: true, from, ms });
      inside.set(outer, from + ms);
    }
  }
  if (latency !== null && latency > at) {
    rows.push({ name: REST[0], label: REST[1], inner: false, from: at, ms: latency - at });
  }
  return { rows, whole: Math.max(at, latency ?? 0, ...rows.map((row) => row.from + row.ms)) };
}

/** How long after the caller's end recognition began, so that it fits into the wait for the turn's end. */
function pauseIn({ end_of_turn: wait, asr = 0, smart_turn: hearing = 0 }) {
  return Math.max(0, Math.min(PAUSE_MS, wait - asr - hearing));
}

export class Waterfall {
  constructor() {
    this.seconds = element("span", { class: "latency" });
    this.strip = element("span", { class: "strip", "aria-hidden": "true" });
    this.rows = element("dl", { class: "stages" });
    this.node = element(
      "details",
      { class: "waterfall", hidden: true },
      element("summary", {}, this.seconds, this.strip),
      this.rows,
    );
    this.shown = "";
  }

  /** `latency` in ms as this page measured it, or null. */
  show(record, latency) {
    const written = JSON.stringify([record.stages_ms, latency]);
    if (written === this.shown) return;
    this.shown = written;
    const answers = record.kind === "reply" && record.caller.length > 0;
    this.node.hidden = !answers || latency === null;
    if (this.node.hidden) return;
    const { rows, whole } = layOut(record.stages_ms, latency);
    setText(this.seconds, latency < 0 ? "cut in" : `${(latency / 1000).toFixed(2)} s`);
    this.seconds.title = "From your last sound to the agent's first";
    this.strip.replaceChildren(...rows.filter((row) => !row.inner).map((row) => part(row, whole)));
    this.rows.replaceChildren(...rows.flatMap((row) => stage(row, whole)));
  }
}

function part(row, whole) {
  const bar = element("span", { class: "bar", "data-stage": row.name });
  bar.style.setProperty("--from", row.from / whole);
  bar.style.setProperty("--part", row.ms / whole);
  return bar;
}

function stage(row, whole) {
  const inner = row.inner ? " inner" : "";
  const track = element("span", { class: "track", "aria-hidden": "true" }, part(row, whole));
  return [
    element("dt", { class: `stage${inner}` }, row.label),
    element("dd", { class: `stage${inner}` }, track, element("span", { class: "ms" }, `${Math.round(row.ms)} ms`)),
  ];
}
