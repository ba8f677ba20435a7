import { once } from 'node:events';
import net from 'node:net';

/** TcpProxy is a way to the hub that can be cut and restored. */
export class TcpProxy {
  #target;
  #server;
  #sockets = new Set();
  #whole = true;
  #deaf = false;

  static async open(t, hub) {
    const proxy = new TcpProxy();
    proxy.turnTo(hub);
    proxy.#server = net.createServer((socket) => proxy.#join(socket));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    t.after(() => {
      proxy.cut();
      proxy.#server.close();
    });
    return proxy;
  }

  get url() {
    return `ws://127.0.0.1:${this.#server.address().port}/ws`;
  }

  /** Leads new connections to this hub, as a balancer might. */
  turnTo(hub) {
    this.#target = Number(new URL(hub.url).port);
  }

  /** Loses all that the hub says from now on, until cut. What the client says still arrives. */
  deafen() {
    this.#deaf = true;
  }

  get isDeaf() {
    return this.#deaf;
  }

  cut() {
    this.#whole = this.#deaf = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  restore() {
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
      from.on('data', (data) => {
        if (from === near || !this.#deaf) to.write(data);
      });
      from.on('end', () => to.end());
    }
  }
}
