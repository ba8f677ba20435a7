import assert from 'node:assert/strict';
import { test } from 'node:test';
import { play } from './stage.js';

const LUNCH = 'Where shall we eat on Friday?';

test('a vote in one window moves the bar in the other', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    await ada.make('Poll');
    await bo.sees(
      LUNCH,
      'Noodles: 0 votes, 0 %',
      'Pizza: 0 votes, 0 %',
      'Something with rice: 0 votes, 0 %',
    );

    await bo.press(LUNCH, 'Noodles');
    await ada.sees(LUNCH, 'Noodles: 1 vote, 100 %');
    await bo.sees(LUNCH, 'Noodles: 1 vote, 100 %', 'Take my vote back');
    await ada.press(LUNCH, 'Pizza');
    for (const person of [ada, bo]) {
      await person.sees(LUNCH, 'Noodles: 1 vote, 50 %', 'Pizza: 1 vote, 50 %');
      await person.reads(LUNCH, '2 people voted');
      assert.deepEqual(await widths(person), [0.5, 0.5, 0]);
    }

    await bo.press(LUNCH, 'Pizza'); // a changed vote is one vote
    await ada.sees(LUNCH, 'Noodles: 0 votes, 0 %', 'Pizza: 2 votes, 100 %');
    await bo.press(LUNCH, 'Take my vote back');
    await ada.sees(LUNCH, 'Pizza: 1 vote, 100 %');
    await ada.press(LUNCH, 'Pizza'); // pressing one's own vote again takes it back too
    await bo.sees(LUNCH, 'Pizza: 0 votes, 0 %');
    await bo.reads(LUNCH, 'No votes yet');
  }));

test('the author closes a poll, opens it again and clears it', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    await ada.make('Poll');
    await bo.press(LUNCH, 'Pizza');
    await ada.press(LUNCH, 'Noodles');
    await ada.sees(LUNCH, 'Pizza: 1 vote, 50 %');
    for (const tool of ['Clear', 'Close poll']) {
      assert.equal(
        await bo.card(LUNCH).getByRole('button', { name: tool }).count(),
        0,
        `${tool} is the author's`,
      );
    }

    await ada.press(LUNCH, 'Close poll');
    await bo.reads(LUNCH, 'Closed, 2 people voted');
    assert.ok(await bo.card(LUNCH).getByRole('button', { name: 'Noodles' }).isDisabled());
    await ada.press(LUNCH, 'Open again');
    await bo.reads(LUNCH, '2 people voted');

    await ada.press(LUNCH, 'Clear');
    await ada.press(LUNCH, 'Really remove all (2)?');
    for (const person of [ada, bo]) {
      await person.reads(LUNCH, 'No votes yet');
      await person.sees(LUNCH, 'Noodles: 0 votes, 0 %', 'Pizza: 0 votes, 0 %');
    }
    await bo.press(LUNCH, 'Pizza'); // a cleared poll takes votes again
    await ada.sees(LUNCH, 'Pizza: 1 vote, 100 %');
  }));

test('the author takes a poll back, and nothing of it is left in any window', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    await ada.make('Poll');
    await bo.press(LUNCH, 'Pizza');
    await ada.sees(LUNCH, 'Pizza: 1 vote, 100 %');
    assert.equal(await bo.card(LUNCH).getByRole('button', { name: 'Take back' }).count(), 0);
    await ada.press(LUNCH, 'Take back');
    await ada.press(LUNCH, 'Really take it back, for everybody?');
    await ada.page.getByText('Taken back by you.', { exact: true }).waitFor();
    await bo.page.getByText('Taken back by Ada.', { exact: true }).waitFor();
    for (const person of [ada, bo]) assert.equal(await person.card(LUNCH).count(), 0);
  }));

test('several choices are one vote of one person', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    const title = 'Which days?';
    await ada.make('Poll', async (dialog) => {
      await dialog.getByLabel('Question').fill(title);
      await dialog.getByLabel('Options, one on each line').fill('Friday\nSaturday\n\n Sunday ');
      await dialog.getByLabel('Everybody may choose several').check();
    });
    await bo.press(title, 'Friday');
    await bo.sees(title, 'Friday: 1 vote, 100 %');
    await bo.press(title, 'Sunday');
    await ada.sees(title, 'Friday: 1 vote, 100 %', 'Sunday: 1 vote, 100 %');
    await ada.press(title, 'Friday');
    await bo.sees(
      title,
      'Friday: 2 votes, 100 %',
      'Saturday: 0 votes, 0 %',
      'Sunday: 1 vote, 50 %',
    );
    await bo.press(title, 'Friday');
    await ada.sees(title, 'Friday: 1 vote, 50 %', 'Sunday: 1 vote, 50 %');
  }));

test('who comes later sees the same', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    await ada.make('Poll');
    await ada.press(LUNCH, 'Pizza');
    await ada.sees(LUNCH, 'Pizza: 1 vote, 100 %');
    const late = await enter('Late');
    await late.sees(LUNCH, 'Pizza: 1 vote, 100 %');
    await ada.page.reload();
    await ada.sees(LUNCH, 'Pizza: 1 vote, 100 %', 'Take my vote back');
  }));

/** The lengths of the bars, once they have stopped moving, as shares of their rows. */
async function widths(person) {
  const rows = person.card(LUNCH).locator('.row');
  return rows.evaluateAll((all) =>
    Promise.all(
      all.map(async (row) => {
        const fill = row.querySelector('.fill');
        await Promise.all(fill.getAnimations().map(({ finished }) => finished));
        return (
          Math.round(
            (fill.getBoundingClientRect().width / row.getBoundingClientRect().width) * 100,
          ) / 100
        );
      }),
    ),
  );
}
