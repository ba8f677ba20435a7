// Widgets on a page of another origin than the hub's, with the strictest content security policy
// that they work under.
import { readFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';
import { WebSocket } from 'ws';
import { Chat } from '../../sdk/chat.js';
import { environmentOf } from '../../sdk/environment.js';
import { Hub } from '../hub.js';
import { secretKey, sign } from '../sdk/fixture.js';
import { sharedBrowser } from './shared.js';
import { Site } from './site.js';

/** Where the pictures are written, for people to look at. */
export const PICTURES = fileURLToPath(new URL('../output/widgets/', import.meta.url));

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The data of a poll, as apps of Tencent's poll plugin send it. */
export const pollData = (title, texts, more = {}) => ({
  businessID: 'group_poll',
  title,
  content: { option_list: texts.map((option, at) => ({ index: at + 1, option })) },
  ...more,
});

/** The rules of such a poll, kept by the hub. */
export const rulesOf = (choices, more = {}) => ({
  write: 'own',
  questions: [{ choices, choose: more.choose ?? 1 }],
  show: 'summary',
  ...more.rules,
});

/** Gallery is one hub, one browser and one site, for all tests of a file. */
export class Gallery {
  /** What pages complained of, as stage.js has it. */
  complaints = [];
  #groups = 0;
  #pages = 0;

  static async open(t, { flags = [] } = {}) {
    const gallery = new Gallery();
    gallery.site = await Site.open(t);
    const { origin } = gallery.site;
    gallery.hub = await Hub.start('--secret-key', secretKey, '--allowed-origin', origin, ...flags);
    gallery.browser = await sharedBrowser();
    gallery.ann = await gallery.logIn('ann');
    t.after(async () => {
      await gallery.ann.destroy();
      await gallery.hub.stop();
    });
    await mkdir(PICTURES, { recursive: true });
    return gallery;
  }

  /** Logs somebody in from this process. */
  async logIn(userID) {
    const chat = new Chat(
      1400000000,
      environmentOf({ proxyServer: this.hub.url, WebSocket }),
      () => {},
    );
    await chat.login({ userID, userSig: sign(userID, 3600) });
    return chat;
  }

  /** Ann makes a group that anybody may join, or that nobody may. */
  async group(type = 'Public', more = {}) {
    const groupID = `group-${++this.#groups}`;
    await this.ann.createGroup({ groupID, name: 'Test', type, ...more });
    return groupID;
  }

  /** Ann sends a message that takes answers. */
  async send(data, extensionRules, to) {
    const message = this.ann.createCustomMessage({
      to: to ?? (await this.group()),
      conversationType: 'GROUP',
      isSupportExtension: true,
      payload: { data: JSON.stringify(data) },
      extensionRules,
    });
    return (await this.ann.sendMessage(message)).data.message;
  }

  /** The address from which userID's widgets get their ticket. */
  ticket(userID) {
    const path = `/ticket/${encodeURIComponent(userID)}`;
    this.site.files.set(path, JSON.stringify({ userID, userSig: sign(userID, 3600) }));
    return path;
  }

  /** Puts a page of this body on the site and returns its address. */
  page(body, { lang = 'en', dir = 'ltr', script = true } = {}) {
    const path = `/${++this.#pages}`;
    const { url } = this.hub;
    const policy = [
      "default-src 'none'",
      `script-src ${url}`,
      `connect-src 'self' ${url} ${url.replace('http', 'ws')}`,
      'img-src data:',
    ].join('; ');
    this.site.files.set(
      path,
      `<!doctype html><html lang="${lang}" dir="${dir}"><head><title>A page</title>
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta http-equiv="Content-Security-Policy" content="${policy}" />
      <link rel="icon" href="data:," />
      ${script ? `<script src="${url}/widgets.js" defer></script>` : ''}
      </head><body>${body}</body></html>`,
    );
    return this.site.origin + path;
  }

  /** Opens a page in a window of its own. before may prepare it. */
  async show(t, address, { before = async () => {}, ...options } = {}) {
    const context = await this.browser.newContext({
      viewport: { width: 720, height: 900 },
      ...options,
    });
    t.after(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => this.complaints.push(`uncaught: ${error.stack}`));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    await before(page);
    await page.goto(address);
    return page;
  }

  /** Shows one poll to somebody, once it is there. */
  async poll(t, message, userID, { attributes = '', inside = '', ...options } = {}) {
    const all = `message="${message.ID}" ticket="${this.ticket(userID)}" ${attributes}`;
    const html = `<main><ext-poll ${all}>${inside}</ext-poll></main>`;
    const page = await this.show(t, this.page(html, options), options);
    await reaches(page.locator('ext-poll'), /^(?!loading)/);
    return page;
  }

  /** Fails if a page has complained of anything. */
  assertNoComplaints() {
    assert.deepEqual(this.complaints.splice(0), []);
  }
}

/** Waits until the widget is in the state. */
export const reaches = (widget, state) =>
  widget.evaluate(
    (element, { source, all }) =>
      new Promise((resolve) => {
        const pattern = new RegExp(all ? source : `^${source}$`);
        const check = () => pattern.test(element.state ?? 'loading') && resolve();
        element.addEventListener('ext-state', check);
        check();
      }),
    state instanceof RegExp ? { source: state.source, all: true } : { source: state, all: false },
  );

/** Waits until the line below the widget says this; the live region may say the same. */
export const says = (page, text) => page.locator('[part=status]').getByText(text).waitFor();

/** What axe finds on the page, in a line each. */
export async function findings(page) {
  // Evaluated, not added as a script, which the page's policy would refuse.
  if (!(await page.evaluate('typeof axe !== "undefined"'))) await page.evaluate(axe);
  // Of what passes it is not told how to find each element, which takes most of the time.
  const { violations, incomplete } = await page.evaluate(() =>
    globalThis.axe.run({ resultTypes: ['violations', 'incomplete'] }),
  );
  const line = ({ id, help, nodes }) =>
    `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`;
  // Contrast over the bars it can't compute; contrastOverBars does.
  return [...violations, ...incomplete.filter(({ id }) => id !== 'color-contrast')].map(line);
}

/** The least contrast of options' texts with what they stand on: bars, and what is beside those. */
export const contrastOverBars = (page) =>
  page.evaluate(() => {
    const linear = (byte) => {
      const value = byte / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    };
    const luminance = (color) => {
      const [r, g, b] = color.match(/[\d.]+/g).map((byte) => linear(Number(byte)));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (a, b) => {
      const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
      return (high + 0.05) / (low + 0.05);
    };
    const rows = [...document.querySelectorAll('ext-poll, ext-survey')].flatMap(
      ({ shadowRoot }) => [...shadowRoot.querySelectorAll('.row')],
    );
    const found = rows.flatMap((row) => {
      const grounds = [row, row.querySelector('.bar')].map(
        (one) => getComputedStyle(one).backgroundColor,
      );
      const texts = [...row.querySelectorAll('[part=text], [part=votes], [part=percent]')];
      const colors = texts.map((one) => getComputedStyle(one).color);
      return colors.flatMap((color) => grounds.map((ground) => contrast(color, ground)));
    });
    return Math.min(...found);
  });
