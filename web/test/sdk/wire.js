import { once } from 'node:events';
import net from 'node:net';

/** A TCP connection to the hub that can be cut in the middle, and mended. */
export class Wire {
  #target;
  #server;
  #sockets = new Set();
  #whole = true;

  static async open(t, hub) {
    const wire = new Wire();
    wire.#target = Number(new URL(hub.url).port);
    wire.#server = net.createServer((socket) => wire.#join(socket));
    wire.#server.listen(0, '127.0.0.1');
    await once(wire.#server, 'listening');
    t.after(() => {
      wire.cut();
      wire.#server.close();
    });
    return wire;
  }

  get url() {
    return `ws://127.0.0.1:${this.#server.address().port}/ws`;
  }

  cut() {
    this.#whole = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend() {
    this.#whole = true;
  }

  #join(near) {
    if (!this.#whole) return near.destroy();
    const far = net.connect(this.#target, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      this.#sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => (this.#sockets.delete(from), to.destroy()));
      from.pipe(to);
    }
  }
}
