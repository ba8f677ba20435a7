import { test } from 'node:test';
import { slowLine } from './slowline.js';
import { play } from './stage.js';

const LUNCH = 'Where shall we eat on Friday?';
const PICNIC = 'Picnic on Sunday: who brings what?';
const TRIP = 'The next trip';
const ENTRIES = '[part~=entry]';

const lost = (person) =>
  person.page.getByRole('status').getByText('The connection is lost.', { exact: false }).waitFor();
const back = (person) =>
  person.page.locator('#banner[data-state=connected]').waitFor({ state: 'attached' });

const join = async (person, text) => {
  await person.card(PICNIC).getByLabel('My entry').fill(text);
  await person.press(PICNIC, 'Add me');
};
const answer = async (person, where) => {
  await person.card(TRIP).getByRole('radio', { name: where }).check();
  await person.press(TRIP, /my answers/);
};

/** Waits until the poll, the chain and the survey show everybody's first answers. */
async function seesAll(person) {
  await person.sees(LUNCH, 'Noodles 1 vote 50%', 'Pizza 1 vote 50%');
  await person.lists(PICNIC, ENTRIES, ['Cups Ada', 'Tea Bo']);
  await person.reads(TRIP, '2 people answered');
}

test('after kill -9 and a restart of the hub both windows are back and nothing is lost', () =>
  play(async ({ hub, enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    for (const kind of ['Poll', 'Chain', 'Survey']) await ada.make(kind);
    await ada.press(LUNCH, 'Noodles');
    await bo.press(LUNCH, 'Pizza');
    await join(ada, 'Cups');
    await ada.lists(PICNIC, ENTRIES, ['Cups Ada']);
    await bo.lists(PICNIC, ENTRIES, ['Cups Ada']);
    await join(bo, 'Tea');
    await answer(ada, 'To the sea');
    await answer(bo, 'To the sea');
    for (const person of [ada, bo]) await seesAll(person);

    await hub.kill();
    await Promise.all([ada, bo].map(lost));
    await hub.restart();
    await Promise.all([ada, bo].map(back));
    for (const person of [ada, bo]) await seesAll(person);
    // From the disk, because a new page remembers nothing.
    await seesAll(await enter('Late'));

    await bo.press(LUNCH, 'Noodles');
    await ada.sees(LUNCH, 'Noodles 2 votes 100%');
    await join(await enter('Chen'), 'Salad');
    await ada.lists(PICNIC, ENTRIES, ['Cups Ada', 'Tea Bo', 'Salad Chen']);
    await answer(ada, 'Stay in town');
    await bo.card(TRIP).getByRole('radio', { name: 'Stay in town 1 vote 50%' }).waitFor();
  }));

test('what happened while a window was away is there when it is back', () =>
  play(async ({ enter }) => {
    let line;
    const ada = await enter('Ada');
    const bo = await enter('Bo', async (page) => {
      line = await slowLine(page);
    });
    await ada.make('Poll');
    await ada.make('Chain');
    await ada.press(LUNCH, 'Noodles');
    await join(ada, 'Cups');
    await bo.sees(LUNCH, 'Noodles 1 vote 100%');
    await bo.lists(PICNIC, ENTRIES, ['Cups Ada']);

    await line.cut();
    await lost(bo);
    await ada.press(LUNCH, 'Pizza'); // a change,
    await ada.sees(LUNCH, 'Pizza 1 vote 100%');
    await ada.press(PICNIC, 'Take me out'); // a deletion,
    await ada.lists(PICNIC, ENTRIES, []);
    await ada.make('Survey'); // and a new message
    await answer(ada, 'To the sea');
    await ada.reads(TRIP, '1 person answered');

    line.restore();
    await back(bo);
    await bo.sees(LUNCH, 'Noodles 0 votes 0%', 'Pizza 1 vote 100%');
    await bo.lists(PICNIC, ENTRIES, []);
    await bo.reads(TRIP, '1 person answered');
    await bo.press(LUNCH, 'Pizza');
    await ada.sees(LUNCH, 'Pizza 2 votes 100%');
  }));

test('a vote given while the hub is away is kept and made when it is back', () =>
  play(async ({ hub, enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    await ada.make('Poll');
    await bo.sees(LUNCH, 'Pizza 0 votes 0%');
    await hub.kill();
    await lost(bo);
    await bo.press(LUNCH, 'Pizza');
    await hub.restart();
    await ada.sees(LUNCH, 'Pizza 1 vote 100%');
  }));
