// Sees the random life of sdk/property.test.js catch an SDK that breaks a promise, and live with
// one that does not. Each of breaks.js differs by one line, in a copy of the SDK. make torture runs
// this: what shows itself as something that never comes takes the whole time that the test has.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BREAKS, breakFile } from './breaks.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUNS = 20;

/** Makes a copy of what the test needs. */
async function copy() {
  const root = await mkdtemp(join(tmpdir(), 'exthub-broken-'));
  for (const part of ['sdk', 'test', 'package.json'])
    await cp(join(ROOT, 'web', part), join(root, 'web', part), { recursive: true });
  for (const part of ['go.mod', 'go.sum', 'web/node_modules'])
    await symlink(join(ROOT, part), join(root, part));
  return root;
}

/** Runs the test once. Resolves with why it failed, or undefined. */
const live = (root) =>
  new Promise((resolve) => {
    const test = join(root, 'web/test/sdk/property.test.js');
    execFile(process.execPath, ['--test', '--test-reporter=tap', test], (error, output) =>
      resolve(error ? (/error: (?:\|-\s+)?(.*)/.exec(output)?.[1] ?? String(error)) : undefined),
    );
  });

/** Lives with a broken SDK until that is caught. */
async function see(broken) {
  const root = await copy();
  const path = join(root, 'web/sdk', broken.file);
  await writeFile(path, await breakFile(path, broken));
  let why;
  let runs = 0;
  while (!why && runs++ < RUNS) why = await live(root);
  console.log(why ? `${broken.name}: caught in run ${runs}: ${why}` : `${broken.name}: NOT CAUGHT`);
  if (!why) process.exitCode = 1;
  await rm(root, { recursive: true, force: true });
}

// A copy that does not even start would look like one that is caught.
const whole = await copy();
const why = await live(whole);
await rm(whole, { recursive: true, force: true });
if (why) throw new Error(`the SDK as it is does not pass: ${why}`);
for (const broken of BREAKS) await see(broken);
