import { test } from 'node:test';
import { play } from './stage.js';

const TRIP = 'The next trip';

/** Answers the survey. What is left out stays as it is. */
const answer = async (person, { where, how, what }) => {
  const card = person.card(TRIP);
  // The radio button itself is hidden; people click its row.
  if (where) await card.locator('.choice .row', { hasText: where }).click();
  if (how)
    await card
      .locator('.scale .row')
      .nth(how - 1)
      .click();
  if (what !== undefined)
    await card.getByRole('textbox', { name: 'What should we not forget?' }).fill(what);
  await card.getByRole('button', { name: /^(Send|Change) my answers$/ }).click();
};

const sees = async (person, ...names) => {
  for (const name of names)
    await person.card(TRIP).getByRole('radio', { name, exact: true }).waitFor();
};

test('answers of everybody add up in every window', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    await ada.make('Survey');
    await answer(bo, { where: 'Into the hills', how: 4, what: 'Sun cream' });
    await sees(ada, 'Into the hills: 1 answer, 100 %', '4: 1 answer, 100 %');
    await ada.reads(TRIP, '1 person answered', 'Sun cream', '4.0 on average');

    await answer(ada, { where: 'To the sea', how: 5, what: 'A map' });
    for (const person of [ada, bo]) {
      await sees(
        person,
        'To the sea: 1 answer, 50 %',
        'Into the hills: 1 answer, 50 %',
        'Stay in town: 0 answers, 0 %',
      );
      await person.reads(TRIP, '2 people answered', '4.5 on average');
      await person.lists(TRIP, 'ul > li .text', ['A map', 'Sun cream']);
    }

    await answer(bo, { where: 'To the sea', what: '' }); // changed, and one answer taken back
    await sees(ada, 'To the sea: 2 answers, 100 %', 'Into the hills: 0 answers, 0 %');
    await ada.lists(TRIP, 'ul > li .text', ['A map']);

    await bo.press(TRIP, 'Take mine back');
    await sees(ada, 'To the sea: 1 answer, 100 %');
    await ada.reads(TRIP, '1 person answered');

    const late = await enter('Late');
    await sees(late, 'To the sea: 1 answer, 100 %', '5: 1 answer, 100 %');
    await ada.press(TRIP, 'Clear');
    await ada.press(TRIP, 'Really remove all (1)?');
    for (const person of [ada, bo, late]) {
      await sees(person, 'To the sea: 0 answers, 0 %', '5: 0 answers, 0 %');
      await person.reads(TRIP, '0 people answered');
    }
  }));

test('of one person with two windows the second follows; what is half filled in stays', () =>
  play(async ({ enter }) => {
    const one = await enter('Ada');
    const two = await enter('Ada');
    const other = await enter('Bo');
    await one.make('Survey');
    await other
      .card(TRIP)
      .getByRole('textbox', { name: 'What should we not forget?' })
      .fill('half a sen');
    await answer(one, { where: 'Stay in town' });
    await two
      .card(TRIP)
      .getByRole('radio', { name: 'Stay in town: 1 answer, 100 %', checked: true })
      .waitFor();
    await sees(other, 'Stay in town: 1 answer, 100 %');
    await answer(other, { how: 1 });
    await one.lists(TRIP, 'ul > li .text', ['half a sen']);
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
    await bo.press(title, 'Send my answers');
    await bo.reads(title, 'Please answer at least one question.');
    await bo.card(title).locator('.choice .row', { hasText: 'Yes' }).click();
    await bo.press(title, 'Send my answers');
    await ada.card(title).getByRole('radio', { name: 'Yes: 1 answer, 100 %' }).waitFor();
  }));
