// Sees the random life of sdk/property.test.js catch an SDK that breaks a promise. Each of these
// differs by one line, in a copy of the SDK. make torture runs this: a break that shows itself at
// the end only, as something that never comes, takes the whole time that the test has.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUNS = 20;

const BREAKS = [
  {
    name: 'a cursor jumps a gap',
    file: 'tracked.js',
    before: 'if (!this.stale) this.cursor = ',
    after: 'this.cursor = ',
  },
  {
    name: 'who comes back to a group is not told what it missed',
    file: 'extensions.js',
    before: 'tracked.stale ||= away;',
    after: '',
  },
  {
    name: 'an older value overwrites a newer one',
    file: 'view.js',
    before: 'if (vanished || seq > Math.max(old.seq, floor)) return',
    after: 'if (vanished || seq !== old.seq) return',
  },
];

/** Makes a copy of what the test needs, with one passage of the SDK replaced. */
async function copy({ file, before, after }) {
  const root = await mkdtemp(join(tmpdir(), 'exthub-broken-'));
  for (const part of ['sdk', 'test', 'package.json'])
    await cp(join(ROOT, 'web', part), join(root, 'web', part), { recursive: true });
  for (const part of ['go.mod', 'go.sum', 'web/node_modules'])
    await symlink(join(ROOT, part), join(root, part));
  const path = join(root, 'web/sdk', file);
  const text = await readFile(path, 'utf8');
  if (text.split(before).length !== 2) throw new Error(`${file} has not got once: ${before}`);
  await writeFile(path, text.replace(before, after));
  return root;
}

/** Runs the test once. Resolves with why it failed, or undefined. */
const live = (root) =>
  new Promise((resolve) => {
    const test = join(root, 'web/test/sdk/property.test.js');
    execFile(process.execPath, ['--test', '--test-reporter=tap', test], (error, output) =>
      resolve(error ? (/error: (.*)/.exec(output)?.[1] ?? String(error)) : undefined),
    );
  });

for (const broken of BREAKS) {
  const root = await copy(broken);
  let why;
  let runs = 0;
  while (!why && runs++ < RUNS) why = await live(root);
  console.log(why ? `${broken.name}: caught in run ${runs}: ${why}` : `${broken.name}: NOT CAUGHT`);
  if (!why) process.exitCode = 1;
  await rm(root, { recursive: true, force: true });
}
