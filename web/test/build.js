import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const built = new Map();

/** Resolves with the path of a Go program, which is built once per test process. */
export function build(program) {
  if (!built.has(program)) built.set(program, run(program));
  return built.get(program);
}

async function run(program) {
  const directory = await mkdtemp(join(tmpdir(), 'exthub-bin-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'program');
  await promisify(execFile)('go', ['build', '-o', path, program], { cwd: ROOT });
  return path;
}
