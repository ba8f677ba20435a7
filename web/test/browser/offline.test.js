// What a card shows while the hub can't be reached, and how much a screen reader is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slowLine } from './slowline.js';
import { play } from './stage.js';

const TITLE = 'Where shall we eat on Friday?';

test('a vote without a connection shows that it waits, and is sent when there is one', () =>
  play(async ({ enter }) => {
    let line;
    const ada = await enter('Ada', async (page) => (line = await slowLine(page)));
    const bo = await enter('Bo');
    await ada.make('Poll');
    await line.cut();
    await ada.press(TITLE, 'Noodles');
    const waiting = ada.card(TITLE).getByText('Waiting for the hub.', { exact: false });
    await waiting.waitFor();
    line.restore();
    await bo.sees(TITLE, 'Noodles: 1 vote, 100 %');
    await waiting.waitFor({ state: 'hidden' });
  }));

test('thirty votes within seconds are announced once, and then what they came to', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    await ada.make('Poll');
    await bo.sees(TITLE, 'Noodles: 0 votes, 0 %');
    // What a screen reader says: each change of a live element.
    await bo.card(TITLE).evaluate((card) => {
      globalThis.said = [];
      const element = card.querySelector('.status');
      new MutationObserver(() => {
        if (element.getAttribute('aria-live') !== 'off') globalThis.said.push(element.textContent);
      }).observe(element, { childList: true, characterData: true, subtree: true });
    });
    for (let at = 0; at < 15; at++) {
      await ada.press(TITLE, 'Noodles');
      await bo.sees(TITLE, 'Noodles: 1 vote, 100 %');
      await ada.press(TITLE, 'Noodles');
      await bo.sees(TITLE, 'Noodles: 0 votes, 0 %');
    }
    await ada.press(TITLE, 'Noodles');
    await bo.page.waitForFunction(() => globalThis.said.at(-1) === '1 person voted');
    const said = await bo.page.evaluate(() => globalThis.said);
    const seconds = await bo.page.evaluate(() => performance.now() / 1000);
    assert.ok(said.length <= 1 + Math.ceil(seconds / 5), JSON.stringify(said));
  }));
