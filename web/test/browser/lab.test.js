// The experiments, each explained where it happens, and the frames that they cause.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findings } from './gallery.js';
import { play } from './stage.js';

const LUNCH = 'Where shall we eat on Friday?';

/** The frames that the panel shows, oldest first. */
const frames = async (page) =>
  (await page.getByRole('list', { name: 'Frames' }).locator('summary').allInnerTexts())
    .map((text) => text.replace(/\s+/g, ' '))
    .toReversed();

test('a conflict is provoked on the first screen, explained, seen in the frames, and decided', () =>
  play(async ({ hub, open }) => {
    const { page } = await open();
    await page.goto(hub.url);
    await page.getByRole('radio', { name: 'Water is fine' }).check();
    await page.locator('ext-poll[state=voted]').waitFor();
    await page.getByRole('button', { name: 'Provoke a conflict' }).click();
    const notice = page.locator('ext-poll').locator('[part=notice]');
    await notice.getByText(/your answer became .*Tea/).waitFor();
    await page.getByText(/so the hub refuses it \(23001\)/).waitFor();
    const refused = (await frames(page)).filter((frame) => frame.includes('23001'));
    assert.match(refused.join(), /received setMessageExtensions: answer 23001 Seq \d+/);
    assert.deepEqual(await findings(page), []);
    await page.getByRole('button', { name: /^Make it .*Coffee/ }).click();
    await page.getByRole('radio', { name: 'Coffee 1 vote 100%', checked: true }).waitFor();
    await page.locator('ext-poll[state=voted]').waitFor();
  }));

test('a vote on a cut line waits, and leaves when it is mended', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    await ada.make('Poll');
    const button = (name) => ada.page.getByRole('button', { name });
    await button('Cut my connection').click();
    await ada.page.getByText('Your line is cut', { exact: false }).waitFor();
    await ada.page.locator('ext-poll[state=offline]').waitFor();
    await bo.press(LUNCH, 'Noodles');
    await bo.sees(LUNCH, 'Noodles 1 vote 100%');
    await ada.press(LUNCH, 'Pizza');
    await ada.sees(LUNCH, 'Pizza 1 vote 100%');
    // The sign for it stands where no button is behind it.
    const banner = await ada.page.locator('#banner').boundingBox();
    const leave = await button('Leave').boundingBox();
    assert.ok(banner.x + banner.width <= leave.x, 'the banner ends before the button');
    assert.ok(banner.y + banner.height <= leave.y + leave.height + 8, 'and stays in the bar');
    await button('Connect again').click();
    for (const person of [ada, bo])
      await person.sees(LUNCH, 'Noodles 1 vote 50%', 'Pizza 1 vote 50%');
  }));

test('fifty people vote on the newest poll, and the panel shows no secret', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const press = (name) => ada.page.getByRole('button', { name }).click();
    await press('Let 50 people vote');
    await ada.page.getByText('There is no open poll to try it on.', { exact: false }).waitFor();
    await ada.make('Poll');
    await press('Let 50 people vote');
    await ada.page.getByText('All 50 votes are in.', { exact: false }).waitFor();
    await ada.reads(LUNCH, '50 people voted');
    await press('Provoke a conflict');
    await ada.press(LUNCH, /^Keep .*Noodles/);
    await ada.reads(LUNCH, '51 people voted');
    const shown = await ada.page.locator('#frames').evaluate((list) => list.textContent);
    const { userSig } = await ada
      .card(LUNCH)
      .locator('ext-poll')
      .evaluate(async (poll) =>
        (await fetch(`demo/usersig?user=${poll.client.getLoginUser()}`)).json(),
      );
    assert.ok(!shown.includes(userSig.slice(0, 20)), 'no UserSig');
    assert.ok((await ada.page.locator('#frames > li').count()) <= 60);
  }));
