// The options of a new poll are fields, which one adds, moves and takes out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { play } from './stage.js';

const texts = (dialog) =>
  dialog.locator('[name=option]').evaluateAll((all) => all.map(({ value }) => value));

test('options are added, pasted, moved by keys and by dragging, and taken out', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const { page } = ada;
    await ada.make('Poll', async (dialog) => {
      const wants = async (...wanted) => assert.deepEqual(await texts(dialog), wanted);
      await wants('Noodles', 'Pizza', 'Something with rice');
      // Enter goes on, and makes a new one behind the last.
      await dialog.getByLabel('Option 2', { exact: true }).press('Enter');
      await page.keyboard.press('Enter');
      await page.keyboard.type('Soup');
      await wants('Noodles', 'Pizza', 'Something with rice', 'Soup');

      await dialog.getByRole('button', { name: 'Move option 4 up' }).focus();
      for (let at = 0; at < 3; at++) await page.keyboard.press('Enter');
      await wants('Soup', 'Noodles', 'Pizza', 'Something with rice');
      await page.keyboard.press('Enter'); // at the top, on the way down
      await wants('Noodles', 'Soup', 'Pizza', 'Something with rice');
      assert.ok(await dialog.getByRole('button', { name: 'Move option 4 down' }).isDisabled());

      const [first, last] = await Promise.all(
        [0, 3].map((at) => dialog.locator('.grip').nth(at).boundingBox()),
      );
      await page.mouse.move(first.x + 5, first.y + 20);
      await page.mouse.down();
      await page.mouse.move(last.x + 5, last.y + 35, { steps: 5 });
      await page.mouse.up();
      await wants('Soup', 'Pizza', 'Something with rice', 'Noodles');

      await dialog.getByRole('button', { name: 'Remove option 2' }).click();
      await wants('Soup', 'Something with rice', 'Noodles');
      await dialog.getByRole('button', { name: 'Add an option' }).click();
      await page.evaluate(() => {
        const clipboardData = new DataTransfer();
        clipboardData.setData('text', 'Tofu\n\n Salad ');
        document.activeElement.dispatchEvent(
          new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
        );
      });
      await wants('Soup', 'Something with rice', 'Noodles', 'Tofu', 'Salad');
    });
    const shown = ada.page.locator('ext-poll').locator('[part=text]');
    await shown.first().waitFor();
    assert.deepEqual(await shown.allTextContents(), [
      'Soup',
      'Something with rice',
      'Noodles',
      'Tofu',
      'Salad',
    ]);
  }));

test('a poll of one option is refused with a sentence, and two stay', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    await ada.make('Poll', async (dialog) => {
      await dialog.getByRole('button', { name: 'Remove option 3' }).click();
      assert.ok(await dialog.getByRole('button', { name: 'Remove option 1' }).isDisabled());
      await dialog.getByLabel('Option 2', { exact: true }).fill(' Noodles ');
      await dialog.getByRole('button', { name: 'Create' }).click();
      await dialog.getByText('A poll needs two different options.').waitFor();
      await dialog.getByLabel('Option 2', { exact: true }).fill('Rice');
    });
    await ada.sees('Where shall we eat on Friday?', 'Rice 0 votes 0%');
  }));
