// The package as npm makes it, in the kinds of projects that people have: each is built, and logs
// in on a real hub in a real browser.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { secretKey, sign } from '../sdk/fixture.js';
import { Site } from './site.js';
import { play } from './stage.js';

const web = fileURLToPath(new URL('../..', import.meta.url));
// Below web, so that the tools and frameworks of web are found from there.
const output = join(web, 'test/output/package');
const run = promisify(execFile);
const timeout = 300_000;
let tarball;

before(async () => {
  await rm(output, { recursive: true, force: true });
  await mkdir(output, { recursive: true });
  const packed = await run('npm', ['pack', '--json', '--pack-destination', output], { cwd: web });
  const json = packed.stdout.slice(packed.stdout.indexOf('['));
  tarball = join(output, JSON.parse(json)[0].filename);
});

after(() => rm(output, { recursive: true, force: true }));

/** Makes a project with these files and the package installed, and returns its folder. */
async function project(name, files) {
  const folder = join(output, name);
  for (const [path, text] of Object.entries({
    'package.json': JSON.stringify({ name, private: true, type: 'module' }),
    ...files,
  })) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const quiet = ['--no-audit', '--no-fund', '--no-save', '--legacy-peer-deps', '--offline'];
  await run('npm', ['install', ...quiet, tarball], { cwd: folder });
  return folder;
}

/** Runs a program of a package of web's. */
const tool = (name, args, cwd) =>
  run(join(web, 'node_modules/.bin', name), args, {
    cwd,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' },
  });

/** What README says that each kind of project costs: how many requests and KB of script. */
async function promised(kind) {
  const text = await readFile(join(web, 'README.md'), 'utf8');
  const row = text.match(new RegExp(`^\\| ${kind} +\\| +(\\d+) +\\| +(\\d+) +\\|$`, 'm'));
  assert.ok(row, `README has no row for ${kind}`);
  return { requests: Number(row[1]), kB: Number(row[2]) };
}

/**
 * Serves a folder as a site of its own and opens it. The page logs in on a hub that it is told of,
 * and README's table has what it takes.
 */
async function logsIn(t, kind, folder) {
  const site = await Site.open(t);
  await site.folder(folder);
  await play(
    async ({ hub, open }) => {
      const { page } = await open();
      const scripts = [];
      let requests = 0;
      page.on('request', (request) => {
        if (request.url().startsWith('http')) requests++;
        if (request.resourceType() === 'script') scripts.push(new URL(request.url()).pathname);
      });
      const user = new URLSearchParams({ hub: hub.url, userID: 'ada', userSig: sign('ada', 3600) });
      await page.goto(`${site.origin}/?${user}`);
      await page.getByText('ready: ada').waitFor();
      const gzipped = scripts.map((path) => gzipSync(site.files.get(path), { level: 9 }).length);
      const kB = Math.ceil(gzipped.reduce((sum, one) => sum + one, 0) / 1024);
      const table = await promised(kind);
      assert.equal(requests, table.requests);
      assert.ok(kB <= table.kB && kB > 0.9 * table.kB - 1, `${kB} KB, README has ${table.kB}`);
    },
    { flags: ['--secret-key', secretKey, '--allowed-origin', site.origin] },
  );
}

/** Logs in as the page is told to, and says so. */
const start = `
const asked = new URLSearchParams(location.search);
const [proxyServer, userID, userSig] = ['hub', 'userID', 'userSig'].map((name) => asked.get(name));
const chat = TencentCloudChat.create({ SDKAppID: 1400000000, proxyServer });
chat.on(TencentCloudChat.EVENT.SDK_READY, () => document.body.append('ready: ' + userID));
chat.login({ userID, userSig });
`;
const app = `
import TencentCloudChat from 'exthub';
${start}`;

const html = (inside) =>
  `<!doctype html><title>App</title><link rel="icon" href="data:,"><body>${inside}</body>`;

test('publint and arethetypeswrong have nothing to say', { timeout }, async () => {
  const publint = await tool('publint', ['--strict', tarball], web);
  assert.match(publint.stdout, /All good/);
  // There is no CommonJS build: Node 20.19 and later can require an ES module.
  await tool('attw', [tarball, '--ignore-rules', 'cjs-resolves-to-esm'], web);
});

test('it brings its license and source maps, and needs nothing else', { timeout }, async () => {
  const folder = await project('empty', {});
  const installed = join(folder, 'node_modules/exthub');
  const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
  assert.equal(manifest.dependencies, undefined);
  assert.deepEqual(
    Object.keys(manifest.peerDependencies).filter(
      (name) => !manifest.peerDependenciesMeta[name].optional,
    ),
    [],
  );
  assert.match(await readFile(join(installed, 'LICENSE'), 'utf8'), /MIT License/);
  for (const name of ['index.js', 'lists.js']) {
    const script = await readFile(join(installed, 'dist', name), 'utf8');
    const [, map] = script.match(/\/\/# sourceMappingURL=(.*)\n$/);
    const { sources } = JSON.parse(await readFile(join(installed, 'dist', map), 'utf8'));
    assert.ok(sources.length > 0, map);
    for (const source of sources) await readFile(join(installed, 'dist', source));
  }
});

test('a bundler keeps what is imported for what it sets', { timeout }, async () => {
  const resolveDir = await project('sets', {});
  for (const file of ['exthub/widgets', 'exthub/dist/widgets.js', 'exthub/dist/exthub.js']) {
    const stdin = { contents: `import '${file}'`, resolveDir };
    const { outputFiles, warnings } = await build({ stdin, bundle: true, write: false });
    assert.deepEqual(warnings, []);
    assert.notEqual(outputFiles[0].text.length, 0, file);
  }
});

test('in Node', { timeout }, async () => {
  const folder = await project('node', {
    'app.js': `
      import TencentCloudChat, { ChatError } from 'exthub';
      import { CODES } from 'exthub/codes';
      const chat = TencentCloudChat.create({ SDKAppID: 1400000000 });
      console.log(typeof chat.on, ChatError.name, CODES[23001].length > 0);
      await chat.login({ userID: 'ada', userSig: 'x' }).catch(({ code }) => console.log(code));`,
  });
  const { stdout } = await run(process.execPath, ['app.js'], { cwd: folder });
  assert.equal(stdout, 'function ChatError true\n3001\n');
});

for (const [kind, inside] of [
  [
    'a script tag',
    `<script src="/node_modules/exthub/dist/exthub.js"></script><script>${start}</script>`,
  ],
  [
    'a module',
    `<script type="module">${app.replace("'exthub'", "'/node_modules/exthub/dist/index.js'")}</script>`,
  ],
]) {
  test(`in plain HTML, by ${kind}`, { timeout }, async (t) => {
    const folder = await project(`html-${kind.replaceAll(' ', '-')}`, {
      'index.html': html(inside),
    });
    await logsIn(t, kind, folder);
  });
}

test('unpacked, it looks for the hub where the page came from', { timeout }, async (t) => {
  const folder = await project('html-unpacked', {
    'index.html': html(`
      <script type="importmap">
        { "imports": { "exthub": "/node_modules/exthub/sdk/index.js" } }
      </script>
      <script type="module">
        import TencentCloudChat from 'exthub';
        const chat = TencentCloudChat.create({ SDKAppID: 1400000000 });
        chat.login({ userID: 'ada', userSig: 'sig' })
          .catch(({ message }) => document.body.append(message));
      </script>`),
  });
  const site = await Site.open(t);
  await site.folder(folder);
  await play(
    async ({ open }) => {
      const { page } = await open();
      await page.goto(`${site.origin}/`);
      const said = await page.getByText('The hub could not be reached at').innerText();
      assert.equal(
        said.trim(),
        `The hub could not be reached at ${site.origin.replace('http', 'ws')}/ws.`,
      );
    },
    { expects: /WebSocket connection to/ },
  );
});

test('in Vite', { timeout }, async (t) => {
  const folder = await project('vite', {
    'index.html': html('<script type="module" src="/app.js"></script>'),
    'app.js': app,
  });
  await tool('vite', ['build', '--logLevel', 'error'], folder);
  await logsIn(t, 'Vite', join(folder, 'dist'));
});

test('in webpack', { timeout }, async (t) => {
  const folder = await project('webpack', { 'src/index.js': app });
  const webpack = (await import('webpack')).default;
  const stats = await promisify(webpack)({
    context: folder,
    entry: './src/index.js',
    mode: 'production',
    output: { path: join(folder, 'dist') },
  });
  assert.deepEqual(stats.toJson({ errors: true, warnings: true }).errors, []);
  await writeFile(join(folder, 'dist/index.html'), html('<script src="/main.js"></script>'));
  await logsIn(t, 'webpack', join(folder, 'dist'));
});

test('in Next, rendered on the server', { timeout }, async (t) => {
  const folder = await project('next', {
    'next.config.js': `
      export default {
        output: 'export',
        turbopack: { root: ${JSON.stringify(web)} },
        outputFileTracingRoot: ${JSON.stringify(web)},
      };`,
    'app/layout.jsx': `
      export default function Layout({ children }) {
        return (
          <html lang="en">
            <head><link rel="icon" href="data:," /></head>
            <body>{children}</body>
          </html>
        );
      }`,
    'app/page.jsx': `
      import { Poll } from './poll.jsx';
      export default function Page() { return <Poll />; }`,
    'app/poll.jsx': `
      'use client';
      import { useEffect, useState } from 'react';
      import TencentCloudChat from 'exthub';
      import { ChatProvider, usePoll } from 'exthub/react';
      const asked = new URLSearchParams(globalThis.location?.search);
      const chat = TencentCloudChat.create({
        SDKAppID: 1400000000,
        proxyServer: asked.get('hub') ?? undefined,
      });
      const message = { ID: 'g.lunch.1', payload: { data: '{}' } };
      const State = () => <p>the poll is {usePoll(message).state}</p>;
      export function Poll() {
        const [ready, setReady] = useState('');
        useEffect(() => {
          const userID = asked.get('userID');
          chat.on(TencentCloudChat.EVENT.SDK_READY, () => setReady('ready: ' + userID));
          chat.login({ userID, userSig: asked.get('userSig') });
        }, []);
        return <ChatProvider chat={chat}><State /><p>{ready}</p></ChatProvider>;
      }`,
  });
  await tool('next', ['build'], folder);
  const page = await readFile(join(folder, 'out/index.html'), 'utf8');
  assert.match(page, /the poll is (<!-- -->)?loading/);
  await logsIn(t, 'Next', join(folder, 'out'));
});
