// line.js is this page's line to the hub: it tells of every frame that goes over it, and does to it
// what the experiments need.

/** The browser's own, for connections that are not this page's. */
export const PlainSocket = globalThis.WebSocket;

/**
 * @typedef {object} Frame
 * @property {'sent' | 'received'} way
 * @property {number} line counts connections
 * @property {string} text
 */

/** @type {Set<(frame: Frame) => void>} */
const watchers = new Set();
/** Those that are open. */
const lines = new Set();
let count = 0;
let cut = false;
/** @type {(() => void)[] | null} what the hub tells, while it has to wait */
let held = null;

/** Calls back for every frame. */
export const watch = (/** @type {(frame: Frame) => void} */ watcher) => watchers.add(watcher);

/** Ends the connections, and lets none come about until restore. */
export function cutLine() {
  cut = true;
  for (const line of lines) line.close();
}

export function restoreLine() {
  cut = false;
  window.dispatchEvent(new Event('online')); // or the SDK waits for its next attempt
}

export const isCut = () => cut;

/** Keeps back what the hub tells, but not its answers, until release. */
export function holdNews() {
  held ??= [];
}

export function releaseNews() {
  const waiting = held ?? [];
  held = null;
  for (const go of waiting) go();
}

class Line extends PlainSocket {
  #number = (count += 1);

  constructor(/** @type {string} */ url) {
    if (cut) return /** @type {any} */ (new NoLine());
    super(url);
    lines.add(this);
    this.addEventListener('close', () => lines.delete(this));
    // The first listener, so that what it stops nobody hears.
    this.addEventListener('message', (event) => this.#hear(event));
  }

  /** Tells of a frame, or keeps the news in it back. An answer may stand beside news. */
  #hear(/** @type {MessageEvent} */ event) {
    const frames = [JSON.parse(event.data)].flat();
    const news = frames.filter((frame) => 'method' in frame);
    if (!held || news.length === 0) return this.#tell('received', event.data);
    event.stopImmediatePropagation();
    held.push(() => this.#deliver(news));
    const answers = frames.filter((frame) => !news.includes(frame));
    if (answers.length > 0) this.#deliver(answers);
  }

  #deliver(/** @type {object[]} */ frames) {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frames) }));
  }

  /** @override */
  send(/** @type {string} */ text) {
    this.#tell('sent', text);
    super.send(text);
  }

  /**
   * @param {Frame['way']} way
   * @param {string} text
   */
  #tell(way, text) {
    for (const watcher of watchers) watcher({ way, line: this.#number, text });
  }
}

/** Stands where a connection would while the line is cut, and closes as one without a network. */
class NoLine extends EventTarget {
  /** @type {((event: object) => void) | null} */
  onclose = null;

  constructor() {
    super();
    setTimeout(() => this.onclose?.({ code: 1006, reason: '' }));
  }

  send() {}
  close() {}
}

/** Takes the place of the browser's WebSocket, which the SDK and the widgets connect with. */
export function tapLine() {
  globalThis.WebSocket = Line;
}
