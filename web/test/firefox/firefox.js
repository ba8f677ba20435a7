// A real Firefox, driven by WebDriver BiDi, which it speaks by itself: playwright-core drives only
// builds of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

const START_MS = 60_000;

/** Firefox is one browser with one page. */
export class Firefox {
  /** Errors and warnings of pages. */
  complaints = [];

  #socket;
  #context;
  #calls = 0;
  #waiting = new Map();

  /** Starts one, until the test ends. */
  static async open(t) {
    const profile = await mkdtemp(join(tmpdir(), 'exthub-firefox-'));
    const flags = ['--headless', '--no-remote', '--profile', profile];
    const child = spawn(
      process.env.FIREFOX_BIN,
      [...flags, '--remote-debugging-port', '0', 'about:blank'],
      { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: profile } },
    );
    const gone = once(child, 'exit');
    t.after(async () => {
      child.kill('SIGKILL');
      await gone;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    });
    const firefox = new Firefox();
    await firefox.#connect(await listening(child));
    t.after(() => firefox.#socket.terminate());
    return firefox;
  }

  async #connect(url) {
    this.#socket = new WebSocket(`${url}/session`);
    this.#socket.on('message', (data) => this.#hear(JSON.parse(data)));
    await once(this.#socket, 'open');
    await this.#call('session.new', { capabilities: {} });
    await this.#call('session.subscribe', { events: ['log.entryAdded'] });
    const { contexts } = await this.#call('browsingContext.getTree', {});
    this.#context = contexts[0].context;
  }

  #hear({ id, method, params, error, message, result }) {
    if (method === 'log.entryAdded' && ['error', 'warn'].includes(params.level))
      this.complaints.push(params.text);
    const call = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) call?.reject(new Error(`${error}: ${message}`));
    else call?.resolve(result);
  }

  #call(method, params) {
    const id = (this.#calls += 1);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  goto(url) {
    return this.#call('browsingContext.navigate', {
      context: this.#context,
      url,
      wait: 'complete',
    });
  }

  /** The value of an expression in the page, as JSON; a promise is awaited. */
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.#call('script.evaluate', {
      expression: `(async () => JSON.stringify(await (${expression})))()`,
      target: { context: this.#context },
      awaitPromise: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result.value === undefined ? undefined : JSON.parse(result.value);
  }

  /** Waits until an expression is true in the page. */
  until(expression) {
    return this.evaluate(`new Promise((resolve) => {
      const look = () => ((${expression}) ? resolve(true) : requestAnimationFrame(look));
      look();
    })`);
  }

  /** Clicks with the mouse on what an expression names, once it is there. */
  async click(expression) {
    await this.until(expression);
    const { x, y } = await this.evaluate(`(() => {
      const element = ${expression};
      element.scrollIntoView({ block: 'center' });
      const { x, y, width, height } = element.getBoundingClientRect();
      return { x: Math.round(x + width / 2), y: Math.round(y + height / 2) };
    })()`);
    const actions = [
      { type: 'pointerMove', x, y },
      { type: 'pointerDown', button: 0 },
      { type: 'pointerUp', button: 0 },
    ];
    await this.#call('input.performActions', {
      context: this.#context,
      actions: [{ type: 'pointer', id: 'mouse', actions }],
    });
  }
}

/** Resolves with the address that a browser prints once it can be driven. */
function listening(child) {
  return new Promise((resolve, reject) => {
    const said = [];
    const fail = (why) => reject(new Error(`Firefox ${why}; it said:\n${said.join('\n')}`));
    const deadline = setTimeout(() => fail(`was not there within ${START_MS} ms`), START_MS);
    child.once('error', (error) => fail(`cannot be started (${error.message})`));
    child.once('exit', (code) => fail(`ended (${code})`));
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      const [, url] = line.match(/WebDriver BiDi listening on (ws:\S+)/) ?? [];
      if (!url) return;
      clearTimeout(deadline);
      resolve(url);
    });
  });
}
