import assert from 'node:assert/strict';
import { test } from 'node:test';
import { play } from './stage.js';

const TRIP = 'The next trip';

/** Answers the survey. What is left out stays as it is. */
const answer = async (person, { where, how, what }) => {
  const card = person.card(TRIP);
  if (where) await card.getByRole('radio', { name: where }).check();
  if (how)
    await card
      .getByRole('group', { name: 'How was the last trip?' })
      .getByRole('radio')
      .nth(how - 1)
      .check();
  if (what !== undefined)
    await card.getByRole('textbox', { name: 'What should we not forget?' }).fill(what);
  await card.getByRole('button', { name: /^(Send|Change) my answers$/ }).click();
};

test('answers of everybody add up in every window, for who has answered', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    await ada.make('Survey');
    await answer(bo, { where: 'Into the hills', how: 4, what: 'Sun cream' });
    await ada.reads(TRIP, '1 person answered');
    assert.equal(await ada.card(TRIP).getByText('Sun cream').count(), 0);

    await answer(ada, { where: 'To the sea', how: 5, what: 'A map' });
    for (const person of [ada, bo]) {
      await person.sees(
        TRIP,
        'To the sea 1 vote 50%',
        'Into the hills 1 vote 50%',
        'Stay in town 0 votes 0%',
        '4 1 vote 50%',
        '5 1 vote 50%',
      );
      await person.reads(TRIP, '2 people answered', 'A map', 'Sun cream');
    }

    await answer(bo, { where: 'To the sea', what: '' }); // changed, and one answer taken back
    await ada.sees(TRIP, 'To the sea 2 votes 100%', 'Into the hills 0 votes 0%');
    await ada.lists(TRIP, '[part=texts] > li', ['A map']);

    await bo.press(TRIP, 'Take mine back');
    await ada.sees(TRIP, 'To the sea 1 vote 100%');
    await ada.reads(TRIP, '1 person answered');

    const late = await enter('Late');
    await late.reads(TRIP, '1 person answered');
  }));

test('of one person with two windows the second follows; what is half filled in stays', () =>
  play(async ({ enter, again }) => {
    const one = await enter('Ada');
    const two = await again(one);
    const other = await enter('Bo');
    await one.make('Survey');
    await other
      .card(TRIP)
      .getByRole('textbox', { name: 'What should we not forget?' })
      .fill('half a sen');
    await answer(one, { where: 'Stay in town' });
    await two
      .card(TRIP)
      .getByRole('radio', { name: 'Stay in town 1 vote 100%', checked: true })
      .waitFor();
    await other.reads(TRIP, '1 person answered');
    await answer(other, { how: 1 });
    await one.lists(TRIP, '[part=texts] > li', ['half a sen']);
  }));

test('an empty sheet is not sent, a survey of one’s own works', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    const title = 'Retro';
    await ada.make('Survey', async (dialog) => {
      await dialog.getByLabel('Title').fill(title);
      await dialog.getByRole('button', { name: 'Remove' }).first().click();
      await dialog.getByRole('button', { name: 'Remove' }).first().click();
      await dialog.getByRole('button', { name: 'Add a question' }).click();
      await dialog.getByRole('textbox', { name: 'Question' }).last().fill('Again?');
      await dialog.getByLabel('Kind of answer').last().selectOption('choose one');
      await dialog.getByLabel('Options, one on each line').last().fill('Yes\nNo');
    });
    const send = bo.card(title).getByRole('button', { name: 'Send my answers' });
    await send.waitFor();
    assert.ok(await send.isDisabled());
    await bo.press(title, 'Yes');
    await send.click();
    await bo.sees(title, 'Yes 1 vote 100%');
    await ada.reads(title, '1 person answered');
  }));
