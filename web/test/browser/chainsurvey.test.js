import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findings, Gallery, PICTURES, reaches, says } from './gallery.js';

const CORPUS = [
  '<img src=x onerror="globalThis.hit=1">',
  '\u2069\u202Egnp.exe', // ends the isolation of an element, then reverses
  "');globalThis.hit=1//",
  '{x} $&',
];

const chainData = {
  businessID: 'group_note',
  title: 'Who brings what?',
  description: 'Saturday, at the lake',
};
const surveyData = (title = 'How was it?') => ({
  businessID: 'group_survey',
  title,
  questions: [
    { type: 'choice', text: 'Which talk was best?', options: ['The first', 'The second'] },
    { type: 'scale', text: 'The food?' },
    { type: 'text', text: 'What shall we do better?' },
  ],
});
const RULES = { write: 'own', questions: [{ choices: 2 }, { choices: 5 }, { text: 200 }] };

test('chains and surveys', { timeout: 120_000 }, async (t) => {
  const gallery = await Gallery.open(t);
  const open = async (t, kind, message, userID, options = {}) => {
    const ticket = gallery.ticket(userID);
    const widget = `<${kind} message="${message.ID}" ticket="${ticket}"></${kind}>`;
    const html = `<main><h1>A page</h1>${widget}</main>`;
    const page = await gallery.show(t, gallery.page(html, options), options);
    await reaches(page.locator(kind), /^(?!loading)/);
    return page;
  };
  /** Looks as people with different systems do, and for what some of them can't use. */
  const look = async (page, name) => {
    for (const width of [360, 800]) {
      await page.setViewportSize({ width, height: 800 });
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.screenshot({
          path: `${PICTURES}${name}-${width}-${colorScheme}.png`,
          fullPage: true,
        });
        assert.deepEqual(await findings(page), [], `${name}, ${width}, ${colorScheme}`);
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
  };
  const state = (page, kind) => reaches(page.locator(kind), 'voted');

  for (const { name, rules } of [
    { name: 'as the plugin has it' },
    { name: 'by rules', rules: { write: 'own', questions: [{ text: 300 }] } },
  ]) {
    await t.test(`a chain ${name}: who changes an entry keeps the place`, async (t) => {
      const message = await gallery.send(chainData, rules);
      const entries = (page) => page.locator('ext-chain').locator('[part~=entry] [part=text]');
      const pages = [];
      for (const [at, user] of ['bo', 'cy'].entries()) {
        const page = await open(t, 'ext-chain', message, user);
        if (at === 0) await says(page, 'Nobody yet. Be number one.');
        await page.getByLabel('My entry').fill(`${user} ${CORPUS[at]}`);
        await page.getByRole('button', { name: 'Add me' }).click();
        await state(page, 'ext-chain');
        pages.push(page);
      }
      const [bo, cy] = pages;
      await says(bo, '2 people are in');
      await bo.getByLabel('My entry').fill('x'.repeat(1500));
      await bo.getByText(/^Too long by [\d,]+ bytes$/).waitFor();
      assert.ok(await bo.getByRole('button', { name: 'Change mine' }).isDisabled());
      await bo.getByLabel('My entry').fill(CORPUS[2]);
      await bo.keyboard.press('Enter');
      await cy.getByText(CORPUS[2]).waitFor();
      const wanted = [CORPUS[2], `cy ${CORPUS[1]}`];
      assert.deepEqual(await entries(cy).allTextContents(), wanted);
      const [text, name] = await Promise.all(
        ['text', 'name'].map((part) =>
          cy.locator('ext-chain').locator(`[part~=entry]:last-child [part=${part}]`).boundingBox(),
        ),
      );
      assert.ok(text.x + text.width <= name.x, 'a text turns the name behind it around');
      await bo.reload();
      await state(bo, 'ext-chain');
      assert.deepEqual(await entries(bo).allTextContents(), wanted);
      assert.equal(await bo.getByLabel('My entry').inputValue(), CORPUS[2]);
      // What it looks like in every state, states.js shows; here with texts that mean harm.
      if (rules) await look(bo, 'chain-harm');
      await bo.getByRole('button', { name: 'Take me out' }).click();
      await says(cy, '1 person is in');
      assert.equal(await cy.evaluate(() => globalThis.hit), undefined);
    });
  }

  await t.test(
    'a name that a page gives for somebody is no markup, and turns nothing',
    async (t) => {
      const message = await gallery.send(chainData, { write: 'own', questions: [{ text: 300 }] });
      const page = await open(t, 'ext-chain', message, 'bo');
      await page.getByLabel('My entry').fill('Tea');
      await page.getByRole('button', { name: 'Add me' }).click();
      await state(page, 'ext-chain');
      const entry = page.locator('ext-chain').locator('[part~=entry]');
      await entry.getByText('bo', { exact: true }).waitFor();
      for (const harm of [...CORPUS, '李雷', 'Zoë 🎈']) {
        await page.locator('ext-chain').evaluate((chain, name) => (chain.names = () => name), harm);
        const shown = harm.replace(/[\u2069\u202E]/g, '');
        await entry.locator('[part=name]').getByText(shown, { exact: true }).waitFor();
        assert.equal(await entry.locator('img').count(), 0);
      }
      const told = await page.locator('ext-chain').evaluate((chain) => {
        chain.names = () => undefined;
        return chain.export();
      });
      assert.match(told, /"Tea","bo"/);
      assert.equal(await page.evaluate(() => globalThis.hit), undefined);
    },
  );

  for (const { name, rules } of [
    { name: 'without rules' },
    { name: 'by rules', rules: RULES },
    {
      name: 'of which only the numbers are told',
      rules: { ...RULES, show: 'summary', anonymous: true },
    },
  ]) {
    await t.test(`a survey ${name} is answered at once, and counted`, async (t) => {
      const message = await gallery.send(surveyData(CORPUS[0]), rules);
      const [bo, cy] = [
        await open(t, 'ext-survey', message, 'bo'),
        await open(t, 'ext-survey', message, 'cy', { lang: 'zh' }),
      ];
      const answer = async (page, talk, food, words) => {
        await page.getByRole('group', { name: 'Which talk was best?' }).getByText(talk).click();
        await page
          .getByRole('group', { name: 'The food?' })
          .getByText(food, { exact: true })
          .click();
        await page.getByRole('textbox', { name: 'What shall we do better?' }).fill(words);
        await page.locator('ext-survey').locator('[part~=submit]').click();
        await state(page, 'ext-survey');
      };
      await answer(bo, 'The first', '4', CORPUS[2]);
      await answer(cy, 'The second', '5', CORPUS[3]);
      await says(bo, '2 people answered');
      await bo.getByRole('radio', { name: 'The second 1 vote 50%' }).waitFor();
      const theirs = bo.getByRole('listitem').filter({ hasText: CORPUS[3] });
      if (!rules?.show) await theirs.waitFor();
      assert.equal(await theirs.count(), rules?.show ? 0 : 1);
      await bo.reload();
      await state(bo, 'ext-survey');
      await bo.getByRole('radio', { name: 'The first', checked: true }).waitFor();
      assert.equal(await bo.getByRole('textbox').inputValue(), CORPUS[2]);
      if (rules && !rules.show) await look(cy, 'survey-harm');
      await bo.getByRole('button', { name: 'Take mine back' }).click();
      await says(cy, '1 人已回答');
      assert.equal(await bo.evaluate(() => globalThis.hit), undefined);
      if (!rules) return;
      await gallery.ann.closeMessageExtensions(message);
      await reaches(cy.locator('ext-survey'), 'closed');
    });
  }

  await t.test('a text that the hub or the page does not take stays in the form', async (t) => {
    const open300 = { write: 'own', questions: [{ text: 300 }] };
    const chain = await open(t, 'ext-chain', await gallery.send(chainData, open300), 'bo');
    const entry = chain.getByLabel('My entry');
    await chain.evaluate(() =>
      addEventListener('ext-vote', (event) => event.preventDefault(), { once: true }),
    );
    await entry.fill('Tea');
    await chain.keyboard.press('Enter');
    await chain.getByRole('button', { name: 'Add me', disabled: false }).waitFor();
    assert.equal(await entry.inputValue(), 'Tea');
    await chain.keyboard.press('Enter');
    await state(chain, 'ext-chain');

    // Each answer is short enough, all together are not, which the hub says.
    const long = { write: 'own', questions: [{ choices: 2 }, { choices: 5 }, { text: 1000 }] };
    const survey = await open(t, 'ext-survey', await gallery.send(surveyData(), long), 'bo');
    const [words, send] = [survey.getByRole('textbox'), survey.getByRole('button', { name: /my/ })];
    await survey.getByRole('radio', { name: 'The first' }).check();
    await words.fill('x'.repeat(1001));
    await survey.getByText('Too long by 1 byte', { exact: true }).waitFor();
    assert.ok(await send.isDisabled());
    await words.fill('x'.repeat(1000));
    await send.click();
    const notice = survey.locator('ext-survey').locator('[part=notice]');
    await notice.getByText('Too long by 11 bytes', { exact: true }).waitFor();
    assert.equal((await words.inputValue()).length, 1000);
    assert.ok(await survey.getByRole('radio', { name: 'The first' }).isChecked());
    await words.fill('x'.repeat(989));
    await send.click();
    await state(survey, 'ext-survey');
  });

  gallery.assertNoComplaints();
});
