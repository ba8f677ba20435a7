// The same thing done twice, because nobody saw that it was done the first time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slowLine } from './slowline.js';
import { play } from './stage.js';

const LUNCH = 'Where shall we eat on Friday?';

test('a card whose answer was lost is sent again as the same card', () =>
  play(
    async ({ enter }) => {
      const bo = await enter('Bo');
      let line;
      const ada = await enter('Ada', async (page) => {
        await page.clock.install();
        line = await slowLine(page);
      });
      const { clock } = ada.page;
      await ada.make('Poll', async (dialog) => {
        const create = dialog.getByRole('button', { name: 'Create' });
        line.swallow();
        await create.click();
        await bo.card(LUNCH).waitFor();
        await line.cut();
        await clock.fastForward(16_000);
        await dialog.getByText(/Check whether it was saved|The connection was lost/).waitFor();
        line.restore();
        await clock.fastForward(21_000);
        await create.isEnabled();
      });
      await ada.card(LUNCH).waitFor();
      for (const person of [ada, bo]) assert.equal(await person.card(LUNCH).count(), 1);
    },
    // A socket that was still connecting may be cut too.
    { expects: /WebSocket is closed before the connection is established/ },
  ));

test('a double tap on an option is nobody’s conflict', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    await ada.make('Poll');
    await ada.card(LUNCH).getByRole('radio', { name: 'Pizza' }).dblclick();
    await bo.sees(LUNCH, 'Pizza 1 vote 100%');
    await ada.press(LUNCH, 'Noodles');
    await bo.sees(LUNCH, 'Noodles 1 vote 100%');
    const notice = ada.card(LUNCH).locator('[part=notice]').filter({ visible: true });
    assert.equal(await notice.count(), 0);
  }));
