// What is wrong and what to do about it, in a strip above the sheet.

import { element, icon } from "../sheet/element.js";

const NOTICES = {
  denied: {
    title: "The microphone is not allowed",
    text: "The agent hears silence. Allow the microphone beside the address, and call again; or let a recorded caller talk.",
    play: true,
  },
  "no-microphone": {
    title: "No microphone was found",
    text: "Plug one in and call again; or let a recorded caller talk.",
    play: true,
  },
  "microphone-busy": {
    title: "The microphone gives no sound",
    text: "Another program may hold it. Close that, and call again; or let a recorded caller talk.",
    play: true,
  },
  "microphone-lost": {
    title: "The microphone is gone",
    text: "It was unplugged, or is no longer allowed. The agent hears silence, and the call goes on.",
    listen: true,
  },
  asleep: {
    title: "The browser has stopped the sound",
    text: "Another call or program may have it. The line is held for a few seconds only.",
    resume: true,
  },
  insecure: {
    title: "This address can't have your microphone",
    text: "Browsers give a page sound only over HTTPS or on the machine itself. Open it as http://localhost on the machine that runs the server, or reach it over HTTPS: by a tunnel, or with a certificate of your own. docs/talk.md says how.",
  },
  old: {
    title: "This browser is too old for a call",
    text: "It lacks AudioWorklet. Any current Chrome, Edge, Firefox or Safari has it.",
  },
  gone: {
    title: "The server doesn't answer",
    text: "Start it with make talk, or agent serve, then try again.",
    retry: true,
  },
  stopped: {
    title: "The server is being stopped",
    text: "Call again when it is back.",
    retry: true,
  },
  busy: {
    title: "All lines are busy",
    text: "The server takes no more calls at once. Try again in a minute.",
    retry: true,
  },
  refused: {
    title: "This page may not call",
    text: "The server takes calls from its own machine only, or not for this business. server.softphone_remote with a token lets others in: docs/talk.md.",
  },
  token: {
    title: "The server asks for its token",
    text: "It stands in the server's setting server.softphone_token. This page forgets it when its tab is closed.",
    token: true,
  },
  "wrong-token": {
    title: "That is not the token",
    text: "The server has another one in its setting server.softphone_token. Type it as it stands there.",
    token: true,
  },
  offer: {
    title: "The server takes no call over WebRTC",
    text: "Take ?transport=webrtc out of the address to call over a socket.",
  },
  sound: {
    title: "The sound could not be opened",
    text: "The browser has no speaker for this page, or none at a rate that a telephone can use.",
    retry: true,
  },
  caller: {
    title: "The recorded caller could not be loaded",
    text: "The server has no such recording, or went away.",
    retry: true,
  },
  noise: { title: "The noise could not be loaded", text: "The line stays clear.", retry: false },
};

const OFFERS = {
  play: "Play a caller",
  retry: "Try again",
  listen: "Use the microphone again",
  resume: "Go on",
};

export class Notice {
  /** `does`: play(), retry(), listen(), resume(), token(text). */
  constructor(box, does) {
    this.box = box;
    this.does = does;
    this.kind = null;
  }

  /** `more` is what the server says beside it. */
  show(kind, more = "") {
    const { title, text, ...offers } = NOTICES[kind];
    const words = [more, text].filter(Boolean).map((said) => element("p", {}, said));
    this.kind = kind;
    this.box.replaceChildren(
      icon("notice"),
      element("div", { class: "notice-words" }, element("h2", {}, title), ...words, this.offer(offers)),
      this.closing(),
    );
    this.box.dataset.kind = kind;
    this.box.hidden = false;
  }

  hide() {
    this.kind = null;
    this.box.hidden = true;
    this.box.replaceChildren();
  }

  closing() {
    const button = element("button", { type: "button", class: "close", "aria-label": "Close this notice" }, icon("close"));
    button.addEventListener("click", () => this.hide());
    return button;
  }

  offer(offers) {
    if (offers.token) return this.form();
    const name = Object.keys(OFFERS).find((offered) => offers[offered]);
    if (name === undefined) return null;
    const button = element("button", { type: "button", class: "plain" }, OFFERS[name]);
    button.addEventListener("click", this.does[name]);
    return button;
  }

  form() {
    const field = element("input", { id: "token", type: "password", autocomplete: "off", required: true });
    const form = element(
      "form",
      { class: "token" },
      element("label", { for: "token" }, "Token"),
      field,
      element("button", { type: "submit", class: "plain" }, "Use it"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.does.token(field.value.trim());
    });
    return form;
  }
}
