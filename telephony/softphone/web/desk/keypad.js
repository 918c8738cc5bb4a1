// The twelve keys, by mouse, touch and keyboard.

import { KEYS } from "../audio/sound.js";
import { element } from "../sheet/element.js";

const LETTERS = { 2: "ABC", 3: "DEF", 4: "GHI", 5: "JKL", 6: "MNO", 7: "PQRS", 8: "TUV", 9: "WXYZ" };
const NAMES = { "*": "star", "#": "pound" };
const PRESSED_MS = 140;

export class Keypad {
  /** `pressed(digit)` is called for each key; the keys are put into `box`. */
  constructor(box, pressed) {
    this.pressed = pressed;
    this.buttons = new Map();
    for (const key of KEYS) {
      const letters = element("span", { class: "letters", "aria-hidden": "true" }, LETTERS[key] ?? "");
      const digit = element("span", { class: "digit" }, key);
      const label = NAMES[key] ?? key;
      const button = element("button", { type: "button", class: "key", "aria-label": label }, digit, letters);
      button.addEventListener("click", () => this.press(key));
      this.buttons.set(key, button);
      box.append(button);
    }
  }

  has(key) {
    return this.buttons.has(key);
  }

  press(key) {
    const button = this.buttons.get(key);
    if (button.disabled) return;
    button.classList.add("down");
    setTimeout(() => button.classList.remove("down"), PRESSED_MS);
    this.pressed(key);
  }

  set enabled(enabled) {
    this.buttons.forEach((button) => {
      button.disabled = !enabled;
    });
  }
}
