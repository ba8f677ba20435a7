// A proxy that serves a hub below a path of its own, and takes the path away on the way to it.
import { once } from 'node:events';
import http from 'node:http';

export class Prefix {
  url = '';

  /** Serves the hub at this address below path, until the test ends. */
  static async open(t, hub, path) {
    const prefix = new Prefix();
    const target = new URL(hub);
    const options = ({ method, headers, url }) => ({
      agent: false, // a connection that the hub has just closed would be used again
      host: target.hostname,
      port: target.port,
      method,
      headers,
      path: url.slice(path.length),
    });
    const sockets = new Set();
    const server = http.createServer((request, response) => {
      if (!request.url.startsWith(`${path}/`)) return response.writeHead(404).end();
      const onward = http.request(options(request), (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      request.pipe(onward);
    });
    server.on('upgrade', (request, near) => {
      const onward = http.request(options(request));
      onward.on('upgrade', (answer, far) => {
        const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`);
        near.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
        near.pipe(far).pipe(near);
        for (const one of [near, far]) {
          sockets.add(one);
          one.on('error', () => (near.destroy(), far.destroy()));
        }
      });
      onward.on('error', () => near.destroy());
      onward.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
      for (const one of sockets) one.destroy();
      server.closeAllConnections();
      server.close();
    });
    prefix.url = `http://127.0.0.1:${server.address().port}${path}`;
    return prefix;
  }
}
