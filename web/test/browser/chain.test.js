import { test } from 'node:test';
import { slowLine } from './slowline.js';
import { play } from './stage.js';

const PICNIC = 'Picnic on Sunday: who brings what?';
const ENTRIES = 'ol > li';

const join = async (person, text) => {
  await person.card(PICNIC).getByLabel('My entry').fill(text);
  await person
    .card(PICNIC)
    .getByRole('button', { name: /^(Join|Change mine)$/ })
    .click();
};
const write = async (person, text) => {
  await person.press(PICNIC, 'Edit note');
  await person.card(PICNIC).getByLabel('Note for everybody').fill(text);
};

test('entries are numbered in the same order in every window', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    await ada.make('Chain');
    await join(bo, 'Tea');
    await ada.lists(PICNIC, ENTRIES, ['B Bo Tea']);
    await join(ada, 'Cups');
    await ada.lists(PICNIC, ENTRIES, ['B Bo Tea', 'A you Cups']);
    await bo.lists(PICNIC, ENTRIES, ['B you Tea', 'A Ada Cups']);

    await join(bo, 'Tea and milk'); // an edit keeps its place, also for those who come later
    await ada.lists(PICNIC, ENTRIES, ['B Bo Tea and milk', 'A you Cups']);
    const late = await enter('Late');
    await late.lists(PICNIC, ENTRIES, ['B Bo Tea and milk', 'A Ada Cups']);

    await join(late, '<b>bread</b>'); // words stay words
    await ada.lists(PICNIC, ENTRIES, ['B Bo Tea and milk', 'A you Cups', 'L Late <b>bread</b>']);
    await bo.press(PICNIC, 'Take me out');
    await ada.lists(PICNIC, ENTRIES, ['A you Cups', 'L Late <b>bread</b>']);

    await write(bo, 'Bring a blanket');
    await bo.press(PICNIC, 'Save');
    await ada.reads(PICNIC, 'Bring a blanket');
    await ada.press(PICNIC, 'Clear');
    await ada.press(PICNIC, 'Really remove all (3)?');
    for (const person of [ada, bo, late]) {
      await person.lists(PICNIC, ENTRIES, []);
      await person.reads(
        PICNIC,
        'Nobody yet. Be number one.',
        'No note yet. Anybody may write one.',
      );
    }
  }));

test('a note that changes under an edit is shown before it is overwritten', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    await ada.make('Chain');
    await write(ada, 'Bring a blanket');
    await write(bo, 'Bring an umbrella');
    await bo.press(PICNIC, 'Save');
    await ada.reads(PICNIC, 'Changed meanwhile, now it is “Bring an umbrella”.');
    await ada.press(PICNIC, 'Save mine anyway');
    for (const person of [ada, bo]) await person.reads(PICNIC, 'Bring a blanket');
  }));

test('a conflict that the hub refuses is shown, and one click tries again', () =>
  play(async ({ enter }) => {
    let line;
    const ada = await enter('Ada');
    const bo = await enter('Bo', async (page) => {
      line = await slowLine(page);
    });
    await ada.make('Chain');
    await write(bo, 'Bring an umbrella');
    line.pause();
    await write(ada, 'Bring a blanket');
    await ada.press(PICNIC, 'Save');
    await ada.reads(PICNIC, 'Bring a blanket');

    await bo.press(PICNIC, 'Save'); // names Seq 0, as far as Bo has heard there is no note
    const alert = bo.card(PICNIC).getByRole('alert');
    await alert.getByText('Changed meanwhile, now it is “Bring a blanket”.').waitFor();
    await ada.reads(PICNIC, 'Bring a blanket');
    await alert.getByRole('button', { name: 'Try again' }).click();
    await ada.reads(PICNIC, 'Bring an umbrella');
    line.resume();
    await bo.reads(PICNIC, 'Bring an umbrella');
    await alert.waitFor({ state: 'hidden' });
  }));

test('a conflict may be left as it is', () =>
  play(async ({ enter }) => {
    let line;
    const ada = await enter('Ada');
    const bo = await enter('Bo', async (page) => {
      line = await slowLine(page);
    });
    await ada.make('Chain');
    await write(bo, 'Bring an umbrella');
    line.pause();
    await write(ada, 'Bring a blanket');
    await ada.press(PICNIC, 'Save');
    await ada.reads(PICNIC, 'Bring a blanket');
    await bo.press(PICNIC, 'Save');
    await bo.press(PICNIC, 'Leave it');
    await bo.press(PICNIC, 'Cancel');
    line.resume();
    for (const person of [ada, bo]) await person.reads(PICNIC, 'Bring a blanket');
  }));

test('what is too long for one value is said while typing', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    await ada.make('Chain');
    await ada.card(PICNIC).getByLabel('My entry').fill('龙'.repeat(334));
    await ada
      .card(PICNIC)
      .getByText(/bytes too long: one answer holds 1000 bytes/)
      .waitFor();
    await ada.card(PICNIC).locator('button:disabled', { hasText: 'Join' }).waitFor();
    await join(ada, '龙'.repeat(300));
    await ada.lists(PICNIC, ENTRIES, [`A you ${'龙'.repeat(300)}`]);
  }));
