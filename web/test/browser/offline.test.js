// What a card shows while the hub can't be reached.
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
    const waiting = ada
      .card(TITLE)
      .locator('[part=notice]')
      .getByText('This is sent as soon as there is one.', { exact: false });
    await waiting.waitFor();
    line.restore();
    await bo.sees(TITLE, 'Noodles 1 vote 100%');
    await waiting.waitFor({ state: 'hidden' });
  }));
