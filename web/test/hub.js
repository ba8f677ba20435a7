import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const START = 30_000; // ms; a hub that recovers its data under -race on a busy machine is slow, never this slow

let built;

/** Path of the hub: HUB_BIN, or built once per test process. */
const binary = () =>
  process.env.HUB_BIN ? Promise.resolve(process.env.HUB_BIN) : (built ??= build());

async function build() {
  const path = join(await mkdtemp(join(tmpdir(), 'exthub-bin-')), 'hub');
  process.once('exit', () => rmSync(join(path, '..'), { recursive: true, force: true }));
  await promisify(execFile)('go', ['build', '-o', path, './cmd/hub'], { cwd: ROOT });
  return path;
}

/** The environment of a hub: ours without any setting of a hub, so that it has the defaults. */
const environment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HUB_')));

/** A real hub with its own data directory. Whoever starts one stops it: stop also removes the data. */
export class Hub {
  #process;
  #data;
  #flags;
  #address = '127.0.0.1:0';
  #said = [];

  /** Where it listens, such as http://127.0.0.1:40123. The same after a restart. */
  url = '';

  /** Whether it was ever killed: then pages may have complained about the network. */
  killed = false;

  /** Starts a hub on a free port. Rejects with all it said if it ends instead. */
  static async start(...flags) {
    const hub = new Hub();
    hub.#flags = flags;
    hub.#data = await mkdtemp(join(tmpdir(), 'exthub-data-'));
    await hub.#run();
    return hub;
  }

  async #run() {
    const flags = [
      '--addr',
      this.#address,
      '--admin-addr',
      '',
      '--data',
      this.#data,
      ...this.#flags,
    ];
    const child = spawn(await binary(), flags, {
      cwd: this.#data,
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    const reap = () => child.kill('SIGKILL');
    process.once('exit', reap);
    child.once('exit', () => process.off('exit', reap));
    this.#said = [];
    this.url = await listening(child, this.#said);
    this.#address = new URL(this.url).host;
  }

  /** Ends it as a power cut of the process would: no goodbye, nothing flushed. */
  async kill() {
    this.killed = true;
    await this.#end('SIGKILL');
  }

  /** Loses all that it stored, after kill. */
  async wipe() {
    await rm(this.#data, { recursive: true, force: true });
    await mkdir(this.#data);
  }

  /** Starts it again after kill, on the same port and data. */
  restart() {
    return this.#run();
  }

  /** Ends it in good order and removes its data. Rejects if it ends badly, as a hub built with -race does after a race. */
  async stop() {
    const code = await this.#end('SIGTERM');
    await rm(this.#data, { recursive: true, force: true });
    if (code) throw new Error(`the hub ended with ${code}; it said:\n${this.#said.join('\n')}`);
  }

  async #end(signal) {
    const child = this.#process;
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    }
    return child.exitCode;
  }
}

/** Resolves with the address that the hub prints once it serves; said collects every line, also later ones. */
function listening(child, said) {
  return new Promise((resolve, reject) => {
    const fail = (why) => {
      clearTimeout(deadline);
      reject(new Error(`the hub ${why}; it said:\n${said.join('\n')}`));
    };
    const deadline = setTimeout(() => fail(`did not serve within ${START} ms`), START);
    child.once('error', (error) => fail(`cannot be started (${error.message})`));
    child.once('exit', (code, signal) => fail(`ended (${code ?? signal})`));
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        // read on to the end, or a full pipe stalls the hub
        said.push(line);
        const [url] = line.match(/http:\/\/127\.0\.0\.1:\d+/) ?? [];
        if (!url) return;
        clearTimeout(deadline);
        resolve(url);
      });
    }
  });
}
