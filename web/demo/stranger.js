import { PlainSocket } from './line.js';

/**
 * Stranger is a connection beside the page's own. The SDK serves one user a page, so this speaks to
 * the hub itself. Its calls are answered in order.
 */
export class Stranger {
  #socket;
  #waiting = new Map();
  #calls = 0;

  /** Connects and logs in. */
  static async logIn({ sdkAppID, userID, userSig }) {
    const stranger = new Stranger();
    const url = new URL('ws', document.baseURI).href.replace(/^http/, 'ws');
    const socket = (stranger.#socket = new PlainSocket(url));
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('close', () => reject(new Error('The hub cannot be reached.')));
    });
    socket.addEventListener('message', ({ data }) => stranger.#hear(JSON.parse(data)));
    socket.addEventListener('close', () => stranger.#hear({ error: new Error('closed') }));
    await stranger.call('login', { sdkAppID, userID, userSig });
    return stranger;
  }

  /** Resolves with the result; rejects with the hub's error. */
  call(method, params) {
    const id = (this.#calls += 1);
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  leave() {
    this.#socket.close();
  }

  /** An answer, or what ends all calls. */
  #hear({ id, result, error }) {
    const settled = id === undefined && error ? [...this.#waiting.keys()] : [id];
    for (const one of settled) {
      const call = this.#waiting.get(one);
      this.#waiting.delete(one);
      if (error) call?.reject(error);
      else call?.resolve(result);
    }
  }
}
