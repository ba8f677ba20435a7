// pack.js packs the browser's files into few: what the hub serves and what npm publishes.
//   dist/index.js    the SDK as an ES module, which loads
//   dist/lists.js    the lists of conversations and groups, when they are first asked for
//   dist/exthub.js   the SDK as a classic script, which sets TencentCloudChat and Exthub
//   dist/widgets.js  the widgets with the SDK, as a classic script, which sets ExthubWidgets
//   dist/demo.js, dist/demo.css    the demo's first screen
//   dist/room.js, dist/room.css    the room behind it, which loads sdk/index.js; demo.js loads it
//   dist/share.js, dist/present.js, dist/pages.css    the pages for guests
// npm run pack writes them. They are kept in the repository, so that a hub needs Go alone; a test
// says when they are not what the sources make.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, transform } from 'esbuild';

const web = fileURLToPath(new URL('.', import.meta.url));
const dist = `${web}dist`;

const common = {
  absWorkingDir: web,
  outdir: dist,
  bundle: true,
  minify: true,
  target: 'es2021',
  supported: { 'class-field': true }, // of es2022, but in every browser that the README names
  write: false,
};

const sdk = {
  ...common,
  // Members that begin with _ or on are the SDK's own, and all of it is in the one file. What apps
  // and the hub name so are events, as text.
  mangleProps: /^(_|on[A-Z])/,
};

// A classic script knows its own address only while it is first run.
const classic = {
  format: 'iife',
  define: { 'import.meta.url': 'exthubScript' },
  banner: { js: 'var exthubScript=document.currentScript&&document.currentScript.src;' },
};

/** Makes the widgets' styles small. They are text in a script, which esbuild leaves as it is. */
const smallStyles = {
  name: 'small styles',
  setup(plugin) {
    plugin.onLoad({ filter: /widgets.style\.js$/ }, async ({ path }) => {
      const { default: css } = await import(pathToFileURL(path).href);
      const { code } = await transform(css, { loader: 'css', minify: true });
      return { contents: `export default ${JSON.stringify(code.trim())}` };
    });
  },
};

/** The widgets of an entry, which sets a global. */
export const widgets = (entry) => ({
  ...sdk,
  ...classic,
  stdin: {
    contents: `import * as widgets from './${entry}'; globalThis.ExthubWidgets = widgets;`,
    resolveDir: web,
    sourcefile: 'widgets.js',
  },
  entryNames: 'widgets',
  plugins: [smallStyles],
});

const script = `
  import TencentCloudChat, { ChatError } from './index.js';
  globalThis.TencentCloudChat = TencentCloudChat;
  globalThis.Exthub = { ...TencentCloudChat, ChatError };`;

/** Returns the files, as { path, contents }. */
export async function pack() {
  const built = await Promise.all([
    build({
      ...sdk,
      entryPoints: ['sdk/index.js'],
      format: 'esm',
      sourcemap: 'linked',
      splitting: true,
      chunkNames: '[name]',
    }),
    build({
      ...sdk,
      stdin: { contents: script, resolveDir: `${web}sdk`, sourcefile: 'exthub.js' },
      entryNames: 'exthub',
      ...classic,
    }),
    build(widgets('widgets/index.js')),
    build({
      ...common,
      entryPoints: ['demo/demo.js', 'demo/demo.css', 'demo/room.js', 'demo/room.css'],
      format: 'esm',
      external: ['./sdk/index.js', './room.js'],
    }),
    build({
      ...common,
      entryPoints: ['pages/share.js', 'pages/present.js', 'pages/pages.css'],
      format: 'esm',
    }),
  ]);
  return built.flatMap(({ outputFiles }) => outputFiles);
}

if (pathToFileURL(argv[1] ?? '').href === import.meta.url) {
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist);
  for (const { path, contents } of await pack()) await writeFile(path, contents);
}
