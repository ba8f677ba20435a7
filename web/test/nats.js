import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from './build.js';

/** Nats is a real NATS server, for several hubs, with a store of its own, which stop removes. */
export class Nats {
  #process;
  #data;

  /** Its address, as --nats-url takes it. */
  url = '';

  /** Starts the server that the hub embeds, on a free port. Rejects if it ends instead. */
  static async start() {
    const nats = new Nats();
    nats.#data = await mkdtemp(join(tmpdir(), 'exthub-nats-'));
    const flags = ['--addr', '127.0.0.1', '--port', '-1', '--jetstream', '--store_dir', nats.#data];
    const child = spawn(await build('github.com/nats-io/nats-server/v2'), flags, {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    nats.#process = child;
    process.once('exit', () => child.kill('SIGKILL'));
    nats.url = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the NATS server ended with ${code}`)));
      createInterface({ input: child.stderr }).on('line', (line) => {
        const [, address] = line.match(/client connections on (\S+)/) ?? [];
        if (address) resolve(`nats://${address}`);
      });
    });
    return nats;
  }

  async stop() {
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
    await rm(this.#data, { recursive: true, force: true });
  }
}
