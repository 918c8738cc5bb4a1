// Keeps a telephone's screen on in a call: a browser takes that back whenever the page is hidden.

export class Awake {
  /** `seen` is called each time the page comes back into view. */
  constructor(seen) {
    this.lock = null;
    this.look = () => {
      if (document.visibilityState !== "visible") return;
      this.ask();
      seen();
    };
    document.addEventListener("visibilitychange", this.look);
    this.ask();
  }

  ask() {
    this.lock = navigator.wakeLock?.request("screen").catch(() => null);
  }

  end() {
    document.removeEventListener("visibilitychange", this.look);
    this.lock?.then((lock) => lock?.release());
  }
}
