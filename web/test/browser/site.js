// A web site of an app, on an origin of its own, with pages that use a hub elsewhere.
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const web = fileURLToPath(new URL('../..', import.meta.url));
const KINDS = { '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json' };

/** Site serves the files that it is given, until the test ends. */
export class Site {
  files = new Map();
  origin = '';

  static async open(t) {
    const site = new Site();
    const server = createServer(({ url }, response) => {
      const { pathname } = new URL(url, site.origin);
      const body = site.files.get(pathname);
      const type = KINDS[extname(pathname)] ?? 'text/html; charset=utf-8';
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

  /** Adds all files of a folder, an index.html as its folder too. */
  async folder(path) {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((one) => one.isFile())) {
      const file = join(entry.parentPath, entry.name);
      const address = `/${relative(path, file)}`;
      this.files.set(address, await readFile(file));
      this.files.set(address.replace(/(?<=\/)index\.html$/, ''), this.files.get(address));
    }
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
