import assert from 'node:assert/strict';
import { Hub } from '../hub.js';
import { sharedBrowser } from './shared.js';

/** What a browser logs by itself when a hub is gone or starts. Only a killed hub excuses it. */
const NETWORK = /WebSocket connection to|net::ERR_|status of 503/;

/**
 * Runs a test on a real hub with people in a real browser, each in a browser context of their own.
 * It fails if a page complains: an uncaught error, a refused resource, a breach of the content
 * security policy; unless the test expects just that. Flags are the hub's.
 */
export async function play(act, { flags = [], expects = /^$/ } = {}) {
  const [hub, browser] = await Promise.all([Hub.start(...flags), sharedBrowser()]);
  const complaints = [];
  const contexts = [];
  const open = async () => {
    const context = await browser.newContext({ viewport: { width: 720, height: 900 } });
    contexts.push(context);
    return Person.open(context, hub, complaints);
  };
  const enter = async (name, before = async () => {}) => {
    const person = await open();
    await before(person.page);
    await person.enter(name);
    return person;
  };
  /** Opens one more window of somebody, as duplicating a tab does. */
  const again = async (person) => {
    const kept = await person.page.evaluate(() =>
      Object.fromEntries(Object.entries(sessionStorage)),
    );
    const window = await open();
    await window.page.addInitScript((all) => Object.assign(sessionStorage, all), kept);
    await window.page.goto(hub.url);
    await window.isIn();
    return window;
  };
  try {
    await act({ hub, enter, open, again });
  } catch (error) {
    // Often the cause.
    if (complaints.length) error.message += `\nThe pages said:\n${complaints.join('\n')}`;
    throw error;
  } finally {
    await Promise.all(contexts.map((context) => context.close()));
    await hub.stop();
  }
  const expected = (line) => expects.test(line) || (hub.killed && NETWORK.test(line));
  assert.deepEqual(
    complaints.filter((line) => !expected(line)),
    [],
  );
}

/** Person is one person at one window. */
export class Person {
  constructor(page, hub) {
    this.page = page;
    this.hub = hub;
  }

  static async open(context, hub, complaints) {
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => complaints.push(`uncaught: ${error.stack}`));
    page.on(
      'console',
      (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()),
    );
    return new Person(page, hub);
  }

  /** Opens the page and signs in, as people do. */
  async enter(name) {
    this.name = name;
    await this.page.goto(this.hub.url);
    await this.page.getByLabel('Your name').fill(name);
    await this.page.getByRole('button', { name: 'Come in' }).click();
    await this.isIn();
  }

  /** Waits until the room is there, or fails with what the page shows instead. */
  async isIn() {
    const room = this.page.getByRole('region', { name: 'Demo group' });
    const problem = this.page.locator('#door-problem:not(:empty)');
    try {
      await room.or(problem).first().waitFor();
      assert.ok(await room.isVisible(), 'the room is not there');
    } catch (error) {
      error.message += `\nThe page shows:\n${await this.page.locator('body').innerText()}`;
      throw error;
    }
  }

  /**
   * Makes a card of the kind 'Poll', 'Chain' or 'Survey', with what its form proposes or what fill
   * types.
   */
  async make(kind, fill = async () => {}) {
    await this.page
      .getByRole('group', { name: 'Make something new' })
      .getByRole('button', { name: kind })
      .click();
    const dialog = this.page.getByRole('dialog', { name: `New ${kind.toLowerCase()}` });
    // So that who only watches sees results, too.
    if (kind === 'Poll') await dialog.getByLabel('Results').selectOption('always');
    await fill(dialog);
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.waitFor({ state: 'hidden' });
  }

  /** Writes to everybody. */
  async write(text) {
    await this.page.getByLabel('Write to everybody here').fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** The card with this title. */
  card(title) {
    return this.page.getByRole('article', { name: title, exact: true });
  }

  /** What is pressed on the card and has this name: a button, or what is chosen. */
  #control(card, options) {
    const [button, radio, box] = ['button', 'radio', 'checkbox'].map((role) =>
      this.card(card).getByRole(role, options),
    );
    return button.or(radio).or(box);
  }

  /** Clicks the button or the option on the card whose name contains this one. */
  async press(card, name) {
    await this.#control(card, { name }).click();
  }

  /** Waits until the card has a control of exactly this name, which in a poll has the result. */
  async sees(card, ...names) {
    for (const name of names) await this.#control(card, { name, exact: true }).waitFor();
  }

  /** Waits until the card shows this text. It may be announced, too. */
  async reads(card, ...texts) {
    for (const text of texts)
      await this.card(card).getByText(text, { exact: true }).first().waitFor();
  }

  /** Waits until the elements of the locator on the card have these texts, in order. */
  async lists(card, locator, wanted) {
    const found = this.card(card).locator(locator);
    await this.#until(() => found.allInnerTexts(), wanted);
  }

  /** Polls the page once per frame, so that a failure shows what was there instead. */
  async #until(look, wanted) {
    const deadline = Date.now() + 20_000;
    let last;
    do {
      last = (await look()).map((text) => text.replace(/\s+/g, ' ').trim());
      if (JSON.stringify(last) === JSON.stringify(wanted)) return;
      await this.page.evaluate(() => new Promise(requestAnimationFrame));
    } while (Date.now() < deadline);
    assert.deepEqual(last, wanted);
  }
}
