/** Clock is a clock that the test moves. */
export class Clock {
  #now = 1_700_000_000_000;
  #timers = new Map();
  #last = 0;
  #noticed = () => {};

  setTimeout = (run, ms) => {
    this.#timers.set(++this.#last, { run, at: this.#now + ms });
    this.#noticed();
    return this.#last;
  };

  clearTimeout = (timer) => {
    this.#timers.delete(timer);
  };

  now = () => this.#now;

  /** The time of day, which the test may set. */
  time = () => this.#now + this.skew;
  skew = 0;

  /** The number of timers that are set: none may be left behind. */
  get timerCount() {
    return this.#timers.size;
  }

  /** Resolves when the next timer is set. */
  nextTimer() {
    return new Promise((resolve) => (this.#noticed = resolve));
  }

  advance(ms) {
    this.#now += ms;
    for (const [timer, { run, at }] of [...this.#timers]) {
      if (at > this.#now) continue;
      if (this.#timers.delete(timer)) run();
    }
  }
}
