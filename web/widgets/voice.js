/** Milliseconds between two announcements of what others do. */
const QUIET_MS = 5_000;

/**
 * Voice says things to people who use a screen reader: at once what answers something that they
 * did, and what others do once for all in a while.
 */
export class Voice {
  _element;
  /** @type {any} */
  _timer;
  _saidAt = -QUIET_MS;

  /** @param {HTMLElement} element a live region */
  constructor(element) {
    this._element = element;
  }

  /** @param {string} text */
  say(text) {
    this.end();
    this._saidAt = performance.now();
    this._element.textContent = text;
  }

  /** @param {() => string} text as it is by then */
  sayLater(text) {
    const wait = this._saidAt + QUIET_MS - performance.now();
    this._timer ??= setTimeout(() => this.say(text()), Math.max(0, wait));
  }

  end() {
    clearTimeout(this._timer);
    this._timer = undefined;
  }
}
