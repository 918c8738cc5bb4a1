// A recorded caller: says its steps one after another, each after the reply to the one before, then hangs up.

const KEY_EVERY_MS = 200;

export class RecordedCaller {
  /** `steps` as GET /softphone/businesses lists them; `fetchSound(file)` gives a decoded AudioBuffer.
   *  `does`: say(buffer, done), key(digit), hangUp(). */
  constructor(steps, watch, fetchSound, does) {
    this.steps = steps;
    this.watch = watch;
    this.does = does;
    this.next = 0;
    this.sounds = new Map();
    this.busy = false;
    this.keys = [];
    this.left = false;
    const files = new Set(steps.filter((step) => step.play).map((step) => step.play));
    this.loaded = Promise.all(
      [...files].map(async (file) => this.sounds.set(file, await fetchSound(file))),
    );
  }

  /** Each 20 ms, with the call's time. */
  tick(now) {
    while (this.keys.length > 0 && this.keys[0].at <= now) this.does.key(this.keys.shift().digit);
    if (this.busy || this.keys.length > 0 || this.left) return;
    if (this.next === this.steps.length) {
      if (!this.watch.maySpeak(now)) return;
      this.left = true;
      this.does.hangUp();
      return;
    }
    const step = this.steps[this.next];
    const wait = step.after_agent_starts_ms;
    const due = wait === undefined ? this.watch.maySpeak(now) : this.watch.agentSpokeFor(now, wait);
    if (due) this.begin(step, now);
  }

  begin(step, now) {
    if (step.play) {
      const buffer = this.sounds.get(step.play);
      if (buffer === undefined) return;
      this.busy = true;
      this.watch.acts(now, now + buffer.duration * 1000);
      this.does.say(buffer, () => {
        this.busy = false;
      });
    } else {
      this.keys = [...step.dtmf].map((digit, index) => ({ digit, at: now + index * KEY_EVERY_MS }));
      const hash = step.dtmf.indexOf("#");
      const last = hash >= 0 ? hash : step.dtmf.length - 1;
      this.watch.acts(now, now + last * KEY_EVERY_MS);
    }
    this.next += 1;
  }
}
