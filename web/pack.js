// pack.js makes what is published of the SDK: npm run pack writes dist/, npm pack calls it first.
//   exthub.js          an ES module, minified
//   exthub.global.js   a classic script, which sets the globals TencentCloudChat and Exthub
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const sdk = fileURLToPath(new URL('sdk/', import.meta.url));
const dist = fileURLToPath(new URL('dist/', import.meta.url));

const common = {
  outdir: dist,
  bundle: true,
  minify: true,
  // Members that begin with _ are the SDK's own, and all of it is in the one file.
  mangleProps: /^_/,
  target: 'es2021',
  supported: { 'class-field': true }, // of es2022, but by every browser that the README names
  sourcemap: 'linked',
  write: false,
};

/** Returns the files, as { path, contents }. */
export async function pack() {
  const modules = await build({
    ...common,
    entryPoints: [{ in: `${sdk}index.js`, out: 'exthub' }],
    format: 'esm',
  });
  const script = await build({
    ...common,
    stdin: {
      contents: `
        import TencentCloudChat, { ChatError } from './index.js';
        globalThis.TencentCloudChat = TencentCloudChat;
        globalThis.Exthub = { ...TencentCloudChat, ChatError };`,
      resolveDir: sdk,
      sourcefile: 'global.js',
    },
    entryNames: 'exthub.global',
    format: 'iife',
    // A classic script knows its own address only while it is first run.
    define: { 'import.meta.url': 'exthubScript' },
    banner: { js: 'var exthubScript=document.currentScript&&document.currentScript.src;' },
  });
  return [...modules.outputFiles, ...script.outputFiles];
}

if (pathToFileURL(argv[1] ?? '').href === import.meta.url) {
  await rm(dist, { recursive: true, force: true });
  for (const { path, contents } of await pack()) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, contents);
  }
}
