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
      'Noodles 0 votes 0%',
      'Pizza 0 votes 0%',
      'Something with rice 0 votes 0%',
    );

    await bo.press(LUNCH, 'Noodles');
    await ada.sees(LUNCH, 'Noodles 1 vote 100%');
    await bo.sees(LUNCH, 'Noodles 1 vote 100%', 'Take my vote back');
    await ada.press(LUNCH, 'Pizza');
    for (const person of [ada, bo]) {
      await person.sees(LUNCH, 'Noodles 1 vote 50%', 'Pizza 1 vote 50%');
      await person.reads(LUNCH, '2 people voted');
      assert.deepEqual(await widths(person), [0.5, 0.5, 0]);
    }

    await bo.press(LUNCH, 'Pizza'); // a changed vote is one vote
    await ada.sees(LUNCH, 'Noodles 0 votes 0%', 'Pizza 2 votes 100%');
    await bo.press(LUNCH, 'Take my vote back');
    await ada.sees(LUNCH, 'Pizza 1 vote 100%');
    await ada.press(LUNCH, 'Take my vote back');
    await bo.sees(LUNCH, 'Pizza 0 votes 0%');
    await bo.reads(LUNCH, 'No votes yet');
  }));

test('a poll that its author closed looks closed, and shows what most people chose', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    await ada.make('Poll');
    await bo.press(LUNCH, 'Pizza');
    await ada.press(LUNCH, 'Pizza');
    await bo.sees(LUNCH, 'Pizza 2 votes 100%');
    for (const tool of ['Close it', 'Take back'])
      assert.equal(
        await bo.card(LUNCH).getByRole('button', { name: tool }).count(),
        0,
        `${tool} is the author's`,
      );
    await ada.press(LUNCH, 'Close it');
    await ada.press(LUNCH, 'Close it for good?');
    for (const person of [ada, bo]) {
      await person.reads(LUNCH, 'Closed', '2 people voted');
      const winner = person.card(LUNCH).getByRole('listitem').filter({ hasText: 'most votes' });
      assert.match(await winner.innerText(), /Pizza/);
      assert.equal(await person.card(LUNCH).getByRole('radio').count(), 0);
    }
  }));

test('the author takes a poll back, and nothing of it is left in any window', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    await ada.make('Poll');
    await bo.press(LUNCH, 'Pizza');
    await ada.sees(LUNCH, 'Pizza 1 vote 100%');
    await ada.press(LUNCH, 'Take back');
    await ada.press(LUNCH, 'Really take it back, for everybody?');
    await ada.page.getByText('Taken back by you.', { exact: true }).waitFor();
    await bo.page.getByText('Taken back by Ada.', { exact: true }).waitFor();
    for (const person of [ada, bo]) {
      assert.equal(await person.card(LUNCH).count(), 0);
      assert.equal(await person.page.locator('ext-poll').count(), 0);
    }
  }));

test('several choices are one vote of one person', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    const title = 'Which days?';
    await ada.make('Poll', async (dialog) => {
      await dialog.getByLabel('Question').fill(title);
      await dialog.getByLabel('Everybody may choose several').check();
    });
    await bo.press(title, 'Noodles');
    await bo.press(title, 'Something with rice');
    await bo.press(title, /^Vote$/);
    await ada.sees(title, 'Noodles 1 vote 100%', 'Something with rice 1 vote 100%');
    await ada.press(title, 'Noodles');
    await ada.press(title, /^Vote$/);
    await bo.sees(title, 'Noodles 2 votes 100%', 'Pizza 0 votes 0%');
    await bo.sees(title, 'Something with rice 1 vote 50%');
    await bo.press(title, 'Noodles');
    await bo.press(title, 'Change my vote');
    await ada.sees(title, 'Noodles 1 vote 50%', 'Something with rice 1 vote 50%');
    // The tick was for that poll.
    await ada.make('Poll', async (dialog) => {
      await dialog.getByLabel('Question').fill('Another?');
      assert.equal(await dialog.getByLabel('Everybody may choose several').isChecked(), false);
    });
    await bo.card('Another?').getByRole('radio').first().waitFor();
  }));

test('who has not voted sees no result, nor anybody before the close, as the poll says', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    const make = (title, results) =>
      ada.make('Poll', async (dialog) => {
        await dialog.getByLabel('Question').fill(title);
        await dialog.getByLabel('Results').selectOption(results);
      });
    const results = (person, title) =>
      person.card(title).locator('[part=percent]').filter({ visible: true }).count();

    await make('After mine?', 'after one’s own vote');
    await ada.press('After mine?', 'Pizza');
    await ada.sees('After mine?', 'Pizza 1 vote 100%');
    await bo.reads('After mine?', '1 person voted');
    assert.equal(await results(bo, 'After mine?'), 0);
    await bo.press('After mine?', 'Noodles');
    await bo.sees('After mine?', 'Pizza 1 vote 50%');

    await make('After all?', 'when it is closed');
    await bo.press('After all?', 'Noodles');
    for (const person of [ada, bo]) {
      await person.reads('After all?', '1 person voted · Results after the close');
      assert.equal(await results(person, 'After all?'), 0);
    }
    await ada.press('After all?', 'Close it');
    await ada.press('After all?', 'Close it for good?');
    for (const person of [ada, bo]) await person.reads('After all?', '100%');
  }));

test('of an anonymous poll nobody gets to know who voted; a deadline is said', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    await ada.make('Poll', async (dialog) => {
      await dialog.getByLabel('Anonymous').check();
      await dialog.getByLabel('Closes').selectOption('in ten minutes');
    });
    await bo.press(LUNCH, 'Pizza');
    await ada.sees(LUNCH, 'Pizza 1 vote 100%');
    await ada.reads(LUNCH, 'Anonymous');
    await ada
      .card(LUNCH)
      .getByText(/1 person voted · Closes \S/)
      .waitFor();
    const told = await ada
      .card(LUNCH)
      .locator('ext-poll')
      .evaluate(async (poll) => {
        const message = poll.client.findMessage(poll.getAttribute('message'));
        return (await poll.client.getMessageExtensions(message)).data.extensions;
      });
    assert.deepEqual(told, [], 'the author reads no key, not even as a hash');
  }));

test('who comes later sees the same', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    await ada.make('Poll');
    await ada.press(LUNCH, 'Pizza');
    await ada.sees(LUNCH, 'Pizza 1 vote 100%');
    const late = await enter('Late');
    await late.sees(LUNCH, 'Pizza 1 vote 100%');
    await ada.page.reload();
    await ada.sees(LUNCH, 'Pizza 1 vote 100%', 'Take my vote back');
  }));

/** The lengths of the bars, once they have stopped moving, as shares of their rows. */
async function widths(person) {
  const rows = person.card(LUNCH).locator('[part~=option]');
  return rows.evaluateAll((all) =>
    Promise.all(
      all.map(async (row) => {
        const bar = row.querySelector('[part=bar]');
        await Promise.all(bar.getAnimations().map(({ finished }) => finished));
        const share = bar.getBoundingClientRect().width / row.getBoundingClientRect().width;
        return Math.round(share * 100) / 100;
      }),
    ),
  );
}
