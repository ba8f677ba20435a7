// A web site of an app, on an origin of its own, with pages that use a hub elsewhere.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const web = fileURLToPath(new URL('../..', import.meta.url));

/** Site serves the files that it is given, until the test ends. */
export class Site {
  files = new Map();
  origin = '';

  static async open(t) {
    const site = new Site();
    const server = createServer(({ url }, response) => {
      const body = site.files.get(new URL(url, site.origin).pathname);
      const type = url.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8';
      response.writeHead(body === undefined ? 404 : 200, { 'Content-Type': type });
      response.end(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    site.origin = `http://127.0.0.1:${server.address().port}`;
    return site;
  }

  /** Adds a page with this body. */
  page(path, body) {
    this.files.set(
      path,
      `<!doctype html><title>App</title><link rel="icon" href="data:,"><body>${body}</body>`,
    );
    return this.origin + path;
  }

  /** Adds an example, packed with the libraries that it needs, as apps are. */
  async example(name) {
    const { outputFiles } = await build({
      entryPoints: [`${web}/examples/${name}`],
      bundle: true,
      format: 'esm',
      jsx: 'automatic',
      write: false,
      define: { 'process.env.NODE_ENV': '"production"' },
    });
    this.files.set(`/${name}.js`, outputFiles[0].text);
    return `/${name}.js`;
  }
}
