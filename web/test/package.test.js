// The package as npm makes it, in the kinds of projects that people have.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const web = fileURLToPath(new URL('..', import.meta.url));
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

/** All text of the files that a build has made. */
async function built(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.js'));
  const texts = files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8'));
  return (await Promise.all(texts)).join('\n');
}

/** What only the SDK says. */
const SDK = 'sdkStateReady';

const app = `
import TencentCloudChat from 'exthub';
const chat = TencentCloudChat.create({ SDKAppID: 1400000000, proxyServer: 'wss://hub.example' });
chat.on(TencentCloudChat.EVENT.SDK_READY, () => console.log('ready'));
`;

test('publint and arethetypeswrong have nothing to say', { timeout }, async () => {
  const publint = await tool('publint', ['--strict', tarball], web);
  assert.match(publint.stdout, /All good/);
  // There is no CommonJS build: Node 20.19 and later can require an ES module.
  await tool('attw', [tarball, '--ignore-rules', 'cjs-resolves-to-esm'], web);
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

test('in Vite', { timeout }, async () => {
  const folder = await project('vite', {
    'index.html': '<!doctype html><script type="module" src="/app.js"></script>',
    'app.js': app,
  });
  await tool('vite', ['build', '--logLevel', 'error'], folder);
  assert.ok((await built(join(folder, 'dist'))).includes(SDK));
});

test('in webpack', { timeout }, async () => {
  const folder = await project('webpack', { 'src/index.js': app });
  const webpack = (await import('webpack')).default;
  const stats = await promisify(webpack)({
    context: folder,
    entry: './src/index.js',
    mode: 'production',
    output: { path: join(folder, 'dist') },
  });
  assert.deepEqual(stats.toJson({ errors: true, warnings: true }).errors, []);
  assert.ok((await built(join(folder, 'dist'))).includes(SDK));
});

test('in Next, rendered on the server', { timeout }, async () => {
  const folder = await project('next', {
    'next.config.js': `
      export default {
        output: 'export',
        turbopack: { root: ${JSON.stringify(web)} },
        outputFileTracingRoot: ${JSON.stringify(web)},
      };`,
    'app/layout.jsx': `
      export default function Layout({ children }) {
        return <html lang="en"><body>{children}</body></html>;
      }`,
    'app/page.jsx': `
      import { Poll } from './poll.jsx';
      export default function Page() { return <Poll />; }`,
    'app/poll.jsx': `
      'use client';
      import TencentCloudChat from 'exthub';
      import { ChatProvider, usePoll } from 'exthub/react';
      const chat = TencentCloudChat.create({
        SDKAppID: 1400000000,
        proxyServer: 'wss://hub.example',
      });
      const message = { ID: 'g.lunch.1', payload: { data: '{}' } };
      const State = () => <p>the poll is {usePoll(message).state}</p>;
      export const Poll = () => <ChatProvider chat={chat}><State /></ChatProvider>;`,
  });
  await tool('next', ['build'], folder);
  const page = await readFile(join(folder, 'out/index.html'), 'utf8');
  assert.match(page, /the poll is (<!-- -->)?loading/);
  assert.ok((await built(join(folder, 'out'))).includes(SDK));
});
