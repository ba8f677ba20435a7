import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { build } from './build.js';

/**
 * Milliseconds that a start may take: enough under -race on a busy machine, with data to recover.
 */
const START_MS = 30_000;

/** The path of the hub: HUB_BIN, else built once per test process. */
const binary = () =>
  process.env.HUB_BIN ? Promise.resolve(process.env.HUB_BIN) : build('./cmd/hub');

/** The environment of a hub: ours without any setting of a hub, so that it has the defaults. */
const environment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HUB_')));

/** Hub is a real hub with a data directory of its own, which stop removes. */
export class Hub {
  #process;
  #data;
  #flags;
  #address = '127.0.0.1:0';
  #output = [];

  /** Its address, such as http://127.0.0.1:40123, which a restart keeps. */
  url = '';

  /** The key that it was given, or undefined if it has a demo, which signs. */
  get secretKey() {
    const at = this.#flags.indexOf('--secret-key');
    return at < 0 ? undefined : this.#flags[at + 1];
  }

  /** Whether it was ever killed, so that pages may have complained about the network. */
  killed = false;

  /** Starts a hub on a free port. Rejects with its output if it ends instead. */
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
      '--lame-duck',
      '0s',
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
    this.#output = [];
    this.url = await listening(child, this.#output);
    this.#address = new URL(this.url).host;
  }

  /** Kills it at once, without a chance to say or write anything. */
  async kill() {
    this.killed = true;
    await this.#end('SIGKILL');
  }

  /** Stops its process where it is, until thaw. Its connections stay open, and say nothing. */
  freeze() {
    this.#process.kill('SIGSTOP');
  }

  thaw() {
    this.#process.kill('SIGCONT');
  }

  /** A UserSig that it takes, signed with the key that it made for itself. */
  async userSig(userID) {
    const flags = ['usersig', '--data', this.#data, '--user', userID];
    const { stdout } = await promisify(execFile)(await binary(), flags, { env: environment() });
    return stdout.trim();
  }

  /** Removes its data, after kill. */
  async wipe() {
    await rm(this.#data, { recursive: true, force: true });
    await mkdir(this.#data);
  }

  /** Starts it again after kill, on the same port and data. */
  restart() {
    return this.#run();
  }

  /**
   * Stops it in good order and removes its data. Rejects if its exit code is not 0, as that of a
   * hub built with -race is after a race.
   */
  async stop() {
    const code = await this.#end('SIGTERM');
    await rm(this.#data, { recursive: true, force: true });
    if (code)
      throw new Error(`the hub ended with ${code}; its output:\n${this.#output.join('\n')}`);
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

/**
 * Resolves with the address that the hub prints once it serves. output collects all its lines, also
 * later ones.
 */
function listening(child, output) {
  return new Promise((resolve, reject) => {
    const fail = (why) => {
      clearTimeout(deadline);
      reject(new Error(`the hub ${why}; its output:\n${output.join('\n')}`));
    };
    const deadline = setTimeout(() => fail(`did not serve within ${START_MS} ms`), START_MS);
    child.once('error', (error) => fail(`cannot be started (${error.message})`));
    child.once('exit', (code, signal) => fail(`ended (${code ?? signal})`));
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        // Read on to the end: a full pipe would stall the hub.
        output.push(line);
        const [url] = line.match(/http:\/\/127\.0\.0\.1:\d+/) ?? [];
        if (!url) return;
        clearTimeout(deadline);
        resolve(url);
      });
    }
  });
}
