import assert from 'node:assert/strict';
import { test } from 'node:test';
import { play } from './stage.js';

test('a name that cannot be used is refused with a sentence, and another one may be tried', () =>
  play(async ({ hub, open }) => {
    const { page } = await open();
    await page.goto(hub.url);
    const alert = page.getByRole('alert');
    const field = page.getByLabel('Your name');
    for (const [name, sentence] of [
      ['', 'Please type a name.'],
      [' \u202E\u200B\u2069 ', 'Please type a name.'], // nothing that can be seen
      ['名'.repeat(41), 'A name has at most 40 characters.'],
    ]) {
      await field.evaluate((input, value) => (input.value = value), name); // past its own limit
      await field.press('Enter');
      await alert.getByText(sentence).waitFor();
    }
    // A name is only what somebody is called.
    await field.fill('admin');
    await field.press('Enter');
    await page.getByRole('region', { name: 'Demo group' }).waitFor();
    await page.getByText('Nothing here yet.', { exact: false }).waitFor();
  }));

test('a hub that gives no ticket says why at the door', () =>
  play(
    async ({ hub, open }) => {
      const { page } = await open();
      await page.goto(hub.url);
      await page.setExtraHTTPHeaders({ 'X-Forwarded-For': '203.0.113.7' });
      await page.getByRole('button', { name: 'Come in' }).click();
      await page
        .getByRole('alert')
        .getByText(/^The hub lets nobody in: .*through a proxy/)
        .waitFor();
      await page.setExtraHTTPHeaders({});
      await page.getByRole('button', { name: 'Come in' }).click();
      await page.getByRole('region', { name: 'Demo group' }).waitFor();
    },
    { expects: /status of 403/ },
  ));

test('a hub that is gone is said at the door', () =>
  play(async ({ hub, open }) => {
    const { page } = await open();
    await page.goto(hub.url);
    await hub.kill();
    await page.getByLabel('Your name').fill('Ada');
    await page.getByRole('button', { name: 'Come in' }).click();
    await page.getByRole('alert').getByText('The hub cannot be reached. Is it running?').waitFor();
    await hub.restart();
    await page.getByRole('button', { name: 'Come in' }).click();
    await page.getByRole('region', { name: 'Demo group' }).waitFor();
  }));

test('two who come at once into a hub without a group both get in', () =>
  play(async ({ enter }) => {
    const people = await Promise.all(['Ada', 'Bo', 'Chen'].map((name) => enter(name)));
    await people[0].make('Poll');
    for (const person of people)
      await person.sees('Where shall we eat on Friday?', 'Pizza 0 votes 0%');
  }));

test('the second window is another person, and stays that when it is loaded again', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const link = ada.page.getByRole('link', { name: 'Open a second window as another person' });
    const [second] = await Promise.all([ada.page.context().waitForEvent('page'), link.click()]);
    await second.getByRole('region', { name: 'Demo group' }).waitFor();
    const names = await Promise.all([ada.page, second].map((page) => page.title()));
    assert.notEqual(names[0], names[1]);
    // An address that is passed on must not make its reader the one who passed it on.
    for (const page of [ada.page, second]) {
      assert.equal(page.url(), `${ada.hub.url}/`);
      const name = await page.title();
      await page.reload();
      await page.getByRole('region', { name: 'Demo group' }).waitFor();
      assert.equal(await page.title(), name);
    }
  }));

test('what people write never becomes part of the page', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    const title = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    await ada.make('Poll', async (dialog) => {
      await dialog.getByLabel('Question').fill(title);
      await dialog.getByLabel('Option 1', { exact: true }).fill('<b>yes</b>');
      await dialog.getByLabel('Option 2', { exact: true }).fill('<i>no</i>');
    });
    await bo.sees(title, '<b>yes</b> 0 votes 0%');
    assert.equal(await bo.card(title).locator('img, script, b, i').count(), 0);
    assert.equal(await bo.page.title(), 'Bo · Exthub');
  }));

test('everything works without a mouse', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    const { page } = ada;
    await page.getByRole('button', { name: /^Poll/ }).press('Enter');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: /^Poll/ }).press('Enter');
    await page.keyboard.type('Keys?'); // over the proposed question, which is selected
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await ada.card('Keys?').getByRole('radio', { name: 'Noodles' }).press('ArrowDown');
    await page.keyboard.press('Enter'); // the second option is chosen now
    await ada.sees('Keys?', 'Pizza 1 vote 100%');
    await bo.reads('Keys?', '1 person voted');
  }));

test('older cards are shown on demand, newest first', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const titles = Array.from({ length: 17 }, (_, at) => `Number ${at + 1}`);
    const [first, ...others] = titles;
    await ada.make('Chain', (dialog) => dialog.getByLabel('Title').fill(first));
    // The others without the form, which takes a second for each, and which other tests try.
    await ada
      .card(first)
      .locator('ext-chain')
      .evaluate(
        async ({ client }, { others, ID }) => {
          const { to, conversationType, payload } = client.findMessage(ID);
          for (const title of others) {
            const data = JSON.stringify({ ...JSON.parse(payload.data), title });
            const more = { to, conversationType, isSupportExtension: true, payload: { data } };
            await client.sendMessage(client.createCustomMessage(more));
          }
        },
        { others, ID: 'g.demo.1' },
      );
    const late = await enter('Late');
    const shown = () => late.page.getByRole('article').getByRole('heading').allInnerTexts();
    await late.card('Number 17').waitFor();
    assert.deepEqual(await shown(), titles.slice(2).reverse());
    await late.page.getByRole('button', { name: 'Show earlier cards' }).click();
    await late.card(titles[0]).waitFor();
    assert.deepEqual(await shown(), titles.toReversed());
  }));
