import { test } from 'node:test';
import { play } from './stage.js';

const PICNIC = 'Picnic on Sunday: who brings what?';
const ENTRIES = '[part~=entry]';

const join = async (person, text) => {
  await person.card(PICNIC).getByLabel('My entry').fill(text);
  await person
    .card(PICNIC)
    .getByRole('button', { name: /^(Add me|Change mine)$/ })
    .click();
};

test('entries are numbered in the same order in every window', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    await ada.make('Chain');
    await join(bo, 'Tea');
    await ada.lists(PICNIC, ENTRIES, ['Tea Bo']);
    await join(ada, 'Cups');
    for (const person of [ada, bo]) await person.lists(PICNIC, ENTRIES, ['Tea Bo', 'Cups Ada']);

    await join(bo, 'Tea and milk'); // an edit keeps its place, also for those who come later
    await ada.lists(PICNIC, ENTRIES, ['Tea and milk Bo', 'Cups Ada']);
    const late = await enter('Late');
    await late.lists(PICNIC, ENTRIES, ['Tea and milk Bo', 'Cups Ada']);

    await join(late, '<b>bread</b>'); // words stay words
    await ada.lists(PICNIC, ENTRIES, ['Tea and milk Bo', 'Cups Ada', '<b>bread</b> Late']);
    await bo.press(PICNIC, 'Take me out');
    await ada.lists(PICNIC, ENTRIES, ['Cups Ada', '<b>bread</b> Late']);
    await late.reads(PICNIC, '2 people are in');
  }));

test('what is too long for one value is said while typing', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    await ada.make('Chain');
    await ada.card(PICNIC).getByLabel('My entry').fill('龙'.repeat(334));
    await ada
      .card(PICNIC)
      .getByText(/^Too long by \d+ bytes$/)
      .waitFor();
    await ada.card(PICNIC).locator('button:disabled', { hasText: 'Add me' }).waitFor();
    await join(ada, '龙'.repeat(300));
    await ada.lists(PICNIC, ENTRIES, [`${'龙'.repeat(300)} Ada`]);
  }));
