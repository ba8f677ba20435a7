import { once } from 'node:events';
import { WebSocketServer } from 'ws';

/** Queue gives out items in order, and lets callers wait for the next one. */
class Queue {
  #items = [];
  #waiting = [];

  push(item) {
    const deliver = this.#waiting.shift();
    if (deliver) deliver(item);
    else this.#items.push(item);
  }

  next() {
    if (this.#items.length) return Promise.resolve(this.#items.shift());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/**
 * FakeHub behaves as badly as a test needs: closes with any code, goes silent, sends rubbish. It
 * answers login, logout and ping, and leaves everything else to the test. hub.test.js runs a real
 * hub.
 */
export class FakeHub {
  answers = {
    login: ({ userID }) => ({
      userID,
      sessionID: 's',
      admin: false,
      limits: { maxExtensionsPerRequest: 20 },
      heartbeatInterval: 30,
      time: 1_700_000_100,
      epoch: 'first',
    }),
    logout: () => ({}),
    ping: () => ({}),
  };
  #server;
  #connections = new Queue();

  /** @param {import('node:test').TestContext} t */
  static async open(t) {
    const hub = new FakeHub();
    hub.#server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    hub.#server.on('connection', (socket) =>
      hub.#connections.push(new FakeConnection(socket, hub.answers)),
    );
    await once(hub.#server, 'listening');
    t.after(() => hub.close());
    return hub;
  }

  get url() {
    return `ws://127.0.0.1:${this.#server.address().port}/ws`;
  }

  /** The next connection. */
  connection() {
    return this.#connections.next();
  }

  close() {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }
}

class FakeConnection {
  #socket;
  #requests = new Queue();

  constructor(socket, answers) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const request = JSON.parse(String(data));
      const answer = answers[request.method];
      if (answer) this.answer(request, answer(request.params));
      if (!answer || request.method === 'login') this.#requests.push(request);
    });
  }

  /** The next request that the hub did not answer itself, or login. */
  request() {
    return this.#requests.next();
  }

  /** Answers the request, with an error if the result has a code. */
  answer({ id }, result) {
    this.send(result.code ? { jsonrpc: '2.0', id, error: result } : { jsonrpc: '2.0', id, result });
  }

  notify(...notifications) {
    const frames = notifications.map(([method, params]) => ({ jsonrpc: '2.0', method, params }));
    this.send(frames.length > 1 ? frames : frames[0]);
  }

  send(frame) {
    this.#socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  close(code) {
    this.#socket.close(code);
  }

  cut() {
    this.#socket.terminate();
  }
}
