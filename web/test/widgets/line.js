import { WebSocket } from 'ws';

/**
 * Line is a client's real connection to a real hub, of which a test holds frames back: requests as
 * they leave, or answers as they come. What is not held passes it, as it may in a hub, which
 * promises no order between an answer and what it tells of itself.
 */
export class Line {
  /** Which requests, and the answers to which, are held. */
  #methods = { out: '', in: '' };
  #held = [];
  /** The methods of requests, by their number. */
  asked = new Map();
  #waiting = [];
  /** The methods that were asked, as they left. */
  sent = [];

  /** A class of sockets that all are this line's. */
  get WebSocket() {
    const line = this;
    return class extends WebSocket {
      send(frame) {
        const { id, method } = JSON.parse(frame);
        line.asked.set(id, method);
        line.pass('out', method, () => {
          line.sent.push(method);
          if (this.readyState === WebSocket.OPEN) super.send(frame);
        });
      }

      set onmessage(handler) {
        super.onmessage =
          handler &&
          (({ data }) => {
            for (const item of [JSON.parse(data)].flat()) {
              const method = item.method ? '' : line.asked.get(item.id);
              line.pass('in', method, () => handler({ data: JSON.stringify(item) }));
            }
          });
      }
    };
  }

  /** Holds the requests of this method back. */
  holdRequests(method) {
    this.#methods.out = method;
  }

  /** Holds the answers to this method back. */
  holdAnswers(method) {
    this.#methods.in = method;
  }

  /** Resolves with the next answer to this method, held or not. */
  answer(method) {
    return new Promise((resolve) => this.#waiting.push({ method, resolve }));
  }

  release() {
    this.#methods = { out: '', in: '' };
    for (const go of this.#held.splice(0)) go();
  }

  pass(way, method, go) {
    if (method && method === this.#methods[way]) this.#held.push(go);
    else go();
    if (way === 'out') return;
    for (const wait of this.#waiting) if (wait.method === method) wait.resolve();
    this.#waiting = this.#waiting.filter((wait) => wait.method !== method);
  }
}
