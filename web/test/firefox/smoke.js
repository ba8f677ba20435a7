// The demo, and with it the SDK and the widgets, in a real Firefox: make test-firefox.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hub } from '../hub.js';
import { Firefox } from './firefox.js';

const button = (name) => `[...document.querySelectorAll('button')].find(
  (one) => one.textContent.trim() === ${JSON.stringify(name)} && one.checkVisibility())`;
const option = (text) => `[...(document.querySelector('ext-poll')?.shadowRoot
  .querySelectorAll('label') ?? [])].find((one) => one.textContent.includes(${JSON.stringify(text)}))`;
const status = `document.querySelector('ext-poll')?.shadowRoot
  .querySelector('[part=status]').textContent`;

test('in Firefox a visitor votes, fifty others do, and what waited on a cut line arrives', async (t) => {
  const hub = await Hub.start();
  t.after(() => hub.stop());
  const firefox = await Firefox.open(t);
  await firefox.goto(hub.url);
  await firefox.until("document.querySelector('ext-poll')?.state === 'empty'");
  await firefox.click(option('Coffee'));
  await firefox.until("document.querySelector('ext-poll').matches(':state(voted)')");
  await firefox.click(button('Let 50 people vote'));
  await firefox.until(`${status} === '51 people voted'`);

  await firefox.click(button('Provoke a conflict'));
  await firefox.until("document.querySelector('ext-poll').state === 'conflict'");
  await firefox.click(
    `document.querySelector('ext-poll').shadowRoot.querySelector('[part~=make]')`,
  );
  await firefox.until("document.querySelector('ext-poll').state === 'voted'");

  await firefox.click(button('Cut my connection'));
  await firefox.until("document.querySelector('ext-poll').state === 'offline'");
  await firefox.click(option('Whatever'));
  await firefox.click(button('Connect again'));
  await firefox.until("document.querySelector('ext-poll').state === 'voted'");

  await firefox.click(button('Come in'));
  await firefox.until("!document.querySelector('#room').hidden");
  await firefox.click("document.querySelector('[data-new=poll]')");
  await firefox.click(button('Create poll'));
  await firefox.click(option('Pizza'));
  await firefox.until(`${status} === '1 person voted'`);
  await firefox.click(button('Share'));
  await firefox.until("document.querySelector('#share img').naturalWidth > 0");
  assert.deepEqual(firefox.complaints, []);
});
