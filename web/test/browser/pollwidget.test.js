import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gallery, pollData, reaches, says, rulesOf } from './gallery.js';
import { holdLines } from './lines.js';

const LUNCH = ['Noodles', 'Pizza at the corner', 'Something with rice'];
const lunch = (more) => pollData('Where shall we eat on Friday?', LUNCH, more);

test('the poll', { timeout: 240_000 }, async (t) => {
  const gallery = await Gallery.open(t, { flags: ['--message-rate', '0'] });
  const { ann } = gallery;
  const vote = (message, userID, value) =>
    ann.setMessageExtensions(message, [{ key: `${userID}_0`, value }]);
  const part = (page, name) => page.locator('ext-poll').locator(`[part~=${name}]`);

  await t.test('one click votes, and the author’s page moves', async (t) => {
    const message = await gallery.send(lunch());
    await vote(message, 'dee', '1');
    const page = await gallery.poll(t, message, 'bo');
    const authors = await gallery.poll(t, message, 'ann', { attributes: 'results="always"' });
    assert.equal(await part(page, 'percent').first().isVisible(), false, 'before the vote');
    await page.getByText('Pizza').click();
    await reaches(page.locator('ext-poll'), 'voted');
    for (const one of [page, authors]) {
      await says(one, '2 people voted');
      await one.getByRole('radio', { name: 'Pizza at the corner 1 vote 50%' }).waitFor();
    }
    await page.getByText('Something with rice').click();
    await authors.getByRole('radio', { name: 'Something with rice 1 vote 50%' }).waitFor();
    await page.getByRole('button', { name: 'Take my vote back' }).click();
    await says(authors, '1 person voted');
    await reaches(page.locator('ext-poll'), 'open');
  });

  await t.test('arrow keys go through the options, and Enter votes', async (t) => {
    const message = await gallery.send(lunch());
    const page = await gallery.poll(t, message, 'bo');
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.getByRole('button', { name: 'Vote', exact: true }).waitFor();
    assert.equal(await page.locator('ext-poll').evaluate(({ state }) => state), 'empty');
    await page.keyboard.press('Enter');
    await reaches(page.locator('ext-poll'), 'voted');
    const group = page.getByRole('group', { name: 'Where shall we eat on Friday?' });
    await group.getByRole('radio', { checked: true, name: 'Something with rice' }).waitFor();
    await page.getByText('Something with rice', { exact: true }).click(); // is chosen already
    await page.keyboard.press('ArrowUp');
    await page.getByRole('button', { name: 'Change my vote', exact: true }).waitFor();
    assert.equal(await page.locator('ext-poll').evaluate(({ state }) => state), 'voted');
  });

  await t.test('what has the focus and goes away leaves it to the card', async (t) => {
    const message = await gallery.send(lunch());
    const page = await gallery.poll(t, message, 'ann');
    const card = page.locator('ext-poll').locator('[part=card]');
    const isFocused = () => card.evaluate((one) => one.getRootNode().activeElement === one);
    await page.getByText('Pizza').click();
    await page.getByRole('button', { name: 'Take my vote back' }).press('Enter');
    await reaches(page.locator('ext-poll'), 'empty');
    assert.ok(await isFocused());
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Vote', exact: true }).press('Enter');
    await reaches(page.locator('ext-poll'), 'voted');
    assert.ok(await isFocused());
    await page.getByRole('button', { name: 'Close it' }).press('Enter');
    await page.getByRole('button', { name: 'Close it for good?' }).press('Enter');
    await reaches(page.locator('ext-poll'), 'closed');
    assert.ok(await isFocused());
  });

  await t.test('by rules: several, anonymous, as the hub allows', async (t) => {
    const message = await gallery.send(
      lunch({ config: { allow_multi_vote: true } }),
      rulesOf(3, { choose: 2, rules: { anonymous: true } }),
    );
    const page = await gallery.poll(t, message, 'bo');
    await page.getByText('Anonymous · Choose up to 2').waitFor();
    const boxes = page.locator('ext-poll').getByRole('checkbox');
    await boxes.nth(2).check();
    await boxes.nth(0).check();
    assert.equal(await boxes.nth(1).isDisabled(), true, 'a third');
    await page.getByRole('button', { name: 'Vote' }).click();
    await reaches(page.locator('ext-poll'), 'voted');
    const { data } = await ann.getMessageExtensionSummary(message);
    assert.deepEqual(data.summary.answers, [[1, 0, 1]]);
    await page.reload();
    await reaches(page.locator('ext-poll'), 'voted');
    assert.deepEqual(await boxes.evaluateAll((all) => all.map(({ checked }) => checked)), [
      true,
      false,
      true,
    ]);
    // Its own vote is no conflict, though after the reload nobody knows under which hash it is.
    await boxes.nth(0).uncheck();
    await page.getByRole('button', { name: 'Change my vote' }).click();
    await page.getByRole('status').getByText('is counted').waitFor();
    assert.deepEqual((await ann.getMessageExtensionSummary(message)).data.summary.answers, [
      [0, 0, 1],
    ]);
    await ann.closeMessageExtensions(message);
    await reaches(page.locator('ext-poll'), 'closed');
    await page.getByText('Closed', { exact: true }).waitFor();
  });

  await t.test('what the author alone may see is not shown, and comes at the close', async (t) => {
    const message = await gallery.send(lunch(), rulesOf(3, { rules: { reveal: 'closed' } }));
    const page = await gallery.poll(t, message, 'bo', { attributes: 'results="always"' });
    await page.getByText('Noodles').click();
    await says(page, '1 person voted · Results after the close');
    assert.equal(await part(page, 'percent').first().isVisible(), false);
    await ann.closeMessageExtensions(message);
    await page.getByText('100%').waitFor();
  });

  await t.test('a vote while offline is seen at once, and sent when there is a line', async (t) => {
    const message = await gallery.send(lunch());
    let lines;
    const before = async (page) => (lines = await holdLines(page));
    const page = await gallery.poll(t, message, 'bo', { before });
    await lines.cut();
    await reaches(page.locator('ext-poll'), 'offline');
    await page.getByText('Noodles').click();
    await part(page, 'notice').getByText('This is sent as soon as there is one').waitFor();
    await page.getByRole('radio', { name: 'Noodles 1 vote 100%', checked: true }).waitFor();
    lines.restore();
    await reaches(page.locator('ext-poll'), 'voted');
    const { data } = await ann.getMessageExtensions(message);
    assert.deepEqual(data.extensions, [{ key: 'bo_0', value: '1' }]);
  });

  await t.test('a vote that comes behind the close is taken back with a sentence', async (t) => {
    const message = await gallery.send(lunch(), rulesOf(3));
    let lines;
    const before = async (page) => (lines = await holdLines(page));
    const page = await gallery.poll(t, message, 'bo', { before });
    lines.hold('setMessageExtensions');
    await page.getByText('Noodles').click();
    await reaches(page.locator('ext-poll'), 'pending');
    await page.getByText('Sending…').waitFor();
    await ann.closeMessageExtensions(message);
    lines.release();
    await page.getByText('Not counted: it was closed before.').first().waitFor();
    await reaches(page.locator('ext-poll'), 'closed');
    await says(page, 'No votes yet');
  });

  await t.test('a full poll says so, and has room again when somebody leaves', async (t) => {
    let lines;
    const message = await gallery.send(lunch(), rulesOf(3, { rules: { max: 1 } }));
    const [bo, cy] = [
      await gallery.poll(t, message, 'bo'),
      await gallery.poll(t, message, 'cy', {
        before: async (page) => (lines = await holdLines(page)),
      }),
    ];
    lines.deafen();
    await bo.getByText('Noodles').click();
    await reaches(bo.locator('ext-poll'), 'voted');
    await cy.getByText('Pizza').click(); // has not heard of it
    await cy.getByText('Not counted: there is no more room.').first().waitFor();
    lines.hear();
    await reaches(cy.locator('ext-poll'), 'full');
    await bo.getByText('Something with rice').click(); // a vote that is there may still change
    await bo.getByRole('radio', { name: 'Something with rice 1 vote 100%' }).waitFor();
    await bo.getByRole('button', { name: 'Take my vote back' }).click();
    await reaches(cy.locator('ext-poll'), 'empty');
    await cy.getByText('Pizza').click();
    await reaches(cy.locator('ext-poll'), 'voted');
  });

  await t.test('a conflict says who and what, and lets one choose', async (t) => {
    const message = await gallery.send(lunch());
    let lines;
    const before = async (page) => (lines = await holdLines(page));
    const here = await gallery.poll(t, message, 'bo', { before });
    const there = await gallery.poll(t, message, 'bo');
    const conflict = here
      .locator('ext-poll')
      .evaluate(
        (poll) =>
          new Promise((resolve) =>
            poll.addEventListener('ext-conflict', ({ detail }) => resolve(detail), { once: true }),
          ),
      );
    lines.deafen();
    await there.getByText('Noodles').click();
    await reaches(there.locator('ext-poll'), 'voted');
    await here.getByText('Pizza').click();
    await reaches(here.locator('ext-poll'), 'conflict');
    assert.deepEqual(await conflict, { mine: { choices: ['2'] }, theirs: { choices: ['1'] } });
    lines.hear();
    await here.getByText('Meanwhile your answer became').first().waitFor();
    await here.getByRole('button', { name: 'Keep' }).click();
    await reaches(here.locator('ext-poll'), 'voted');
    await here.getByRole('radio', { name: 'Noodles', checked: true }).waitFor();

    lines.deafen();
    await there.getByText('Something with rice').click();
    await there.getByRole('radio', { name: 'Something with rice 1 vote', checked: true }).waitFor();
    await reaches(there.locator('ext-poll'), 'voted');
    await here.getByText('Pizza').click();
    await here.getByRole('button', { name: 'Make it' }).click();
    await reaches(here.locator('ext-poll'), 'voted');
    await there.getByRole('radio', { name: 'Pizza at the corner 1 vote', checked: true }).waitFor();
  });

  await t.test('pages hear of it, may object, and use its methods', async (t) => {
    const message = await gallery.send(pollData('=1+1', ['@SUM(A1)', 'He said "no"']));
    const page = await gallery.poll(t, message, 'ann');
    const outcome = await page.locator('ext-poll').evaluate(async (poll) => {
      const heard = [];
      const names = 'vote change conflict close error state'
        .split(' ')
        .map((name) => `ext-${name}`);
      for (const name of names)
        document.addEventListener(name, ({ type, detail }) => heard.push([type, detail]));
      const object = (event) => event.preventDefault();
      poll.addEventListener('ext-vote', object);
      await poll.vote(1);
      const objected = poll.state;
      poll.removeEventListener('ext-vote', object);
      const refused = await poll.vote(3).catch(({ name }) => name);
      await poll.vote('2');
      const csv = poll.export();
      await poll.retract();
      const closed = new Promise((resolve) => poll.addEventListener('ext-close', resolve));
      await Promise.all([poll.close(), closed]);
      return {
        heard,
        objected,
        refused,
        csv,
        matches: poll.matches(':state(closed)'),
        user: poll.client.getLoginUser(),
      };
    });
    assert.equal(outcome.objected, 'empty');
    assert.equal(outcome.refused, 'RangeError');
    assert.equal(outcome.csv, '"option","votes"\r\n"\'@SUM(A1)","0"\r\n"He said ""no""","1"\r\n');
    assert.equal(outcome.user, 'ann');
    const told = (name) =>
      outcome.heard.filter(([type]) => type === name).map(([, detail]) => detail);
    assert.deepEqual(told('ext-vote'), [{ choices: ['1'] }, { choices: ['2'] }, { choices: [] }]);
    assert.deepEqual(
      told('ext-state').map(({ state }) => state),
      ['pending', 'voted', 'pending', 'empty', 'closed'],
    );
    const change = told('ext-change').find(({ total }) => total === 1);
    assert.deepEqual(change.options[1], { index: '2', text: 'He said "no"', votes: 1, share: 1 });
    await reaches(page.locator('ext-poll'), 'closed');
    assert.equal(await page.locator('ext-poll').getAttribute('state'), 'closed');
  });

  await t.test(
    'thirty votes of others are one announcement, and one’s own comes at once',
    async (t) => {
      const message = await gallery.send(lunch());
      const before = (page) => page.clock.install();
      const page = await gallery.poll(t, message, 'bo', { before, attributes: 'results="always"' });
      const said = await page.evaluateHandle(() => {
        const region = document.querySelector('ext-poll').shadowRoot.querySelector('[role=status]');
        const texts = [];
        new MutationObserver(() => texts.push(region.textContent)).observe(region, {
          childList: true,
        });
        return texts;
      });
      await page.clock.pauseAt(Date.now() + 60_000);
      for (let voter = 0; voter < 30; voter += 10) {
        const pairs = Array.from({ length: 10 }, (_, at) => ({
          key: `v${voter + at}_0`,
          value: '1',
        }));
        await ann.setMessageExtensions(message, pairs);
      }
      await says(page, '30 people voted');
      await page.clock.runFor(5_000);
      assert.ok((await said.jsonValue()).length <= 2, JSON.stringify(await said.jsonValue()));
      assert.equal((await said.jsonValue()).at(-1), '30 people voted \u2068Noodles\u2069 leads.');
      await vote(message, 'v1', '2');
      await page.clock.runFor(1_000);
      const others = (await said.jsonValue()).length;
      await page.getByText('Pizza').click();
      await reaches(page.locator('ext-poll'), 'voted');
      const now = await said.jsonValue();
      assert.equal(now.length, others + 1);
      assert.equal(now.at(-1), 'Your vote for \u2068Pizza at the corner\u2069 is counted.');
      await page.clock.resume();
    },
  );

  await t.test('a refusal does not stand before what is worse', async (t) => {
    const message = await gallery.send(lunch(), rulesOf(3, { rules: { once: true } }));
    const page = await gallery.poll(t, message, 'bo');
    const poll = page.locator('ext-poll');
    await poll.evaluate((one) =>
      one
        .vote(1)
        .then(() => one.vote(2))
        .catch(() => {}),
    );
    await part(page, 'notice').getByText('Not counted', { exact: false }).waitFor();
    await ann.revokeMessage(message);
    await part(page, 'notice').getByText('This is no longer there.').waitFor();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
  });

  await t.test('a close is heard, with the result, by who is there', async (t) => {
    const message = await gallery.send(
      lunch({ exthub: { results: 'after-close' } }),
      rulesOf(3, { rules: { reveal: 'closed' } }),
    );
    const page = await gallery.poll(t, message, 'bo');
    await page.getByText('Pizza').click();
    await reaches(page.locator('ext-poll'), 'voted');
    await ann.closeMessageExtensions(message);
    const heard = 'Closed · 1 person voted \u2068Pizza at the corner\u2069 leads.';
    await page.getByRole('status').getByText(heard, { exact: true }).waitFor();
    const late = await gallery.poll(t, message, 'cy');
    assert.equal(await late.getByRole('status').textContent(), '');
  });

  await t.test('bars grow from where the line begins', async (t) => {
    const message = await gallery.send(pollData('إلى أين؟', ['نودلز', 'أرز', 'بيتزا']));
    await vote(message, 'dee', '1');
    await vote(message, 'eve', '2');
    for (const dir of ['ltr', 'rtl']) {
      const page = await gallery.poll(t, message, 'bo', {
        dir,
        attributes: 'readonly',
        reducedMotion: 'reduce',
      });
      const box = await part(page, 'bar').first().boundingBox();
      const row = await part(page, 'option').first().boundingBox();
      assert.ok(
        Math.abs(box.width / row.width - 0.5) < 0.01,
        `${dir}: ${box.width} of ${row.width}`,
      );
      const start = dir === 'ltr' ? box.x - row.x : row.x + row.width - box.x - box.width;
      assert.ok(Math.abs(start) < 1, `${dir}: ${start} px from the start`);
      assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
    }
  });

  await t.test('everything that is pressed is large enough for a finger', async (t) => {
    const message = await gallery.send(lunch());
    const options = { viewport: { width: 320, height: 640 } };
    const page = await gallery.poll(t, message, 'ann', options);
    await page.getByText('Noodles').click();
    await reaches(page.locator('ext-poll'), 'voted');
    const pressed = page.locator('ext-poll').locator('label, button:visible');
    for (const one of await pressed.all()) {
      const { width, height } = await one.boundingBox();
      assert.ok(width >= 44 && height >= 44, `${await one.innerText()}: ${width} by ${height}`);
    }
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  });

  await t.test('numbers of three digits break neither words nor lines on a phone', async (t) => {
    const texts = ['Vegetarian restaurant', 'Hauptbahnhof', 'Ja'];
    const message = await gallery.send(pollData('Wohin?', texts));
    const pairs = Array.from({ length: 120 }, (_, at) => ({ key: `v${at}_0`, value: '1' }));
    for (let from = 0; from < pairs.length; from += 20)
      await ann.setMessageExtensions(message, pairs.slice(from, from + 20));
    for (const width of [390, 320]) {
      const page = await gallery.poll(t, message, 'bo', {
        attributes: 'results="always"',
        viewport: { width, height: 640 },
      });
      await page.getByRole('radio', { name: 'Vegetarian restaurant 120 votes 100%' }).waitFor();
      const broken = await page.locator('ext-poll').evaluate(({ shadowRoot }) => {
        const parts = [...shadowRoot.querySelectorAll('[part=text], [part=votes], [part=percent]')];
        const words = parts.flatMap(({ firstChild }) =>
          [...firstChild.data.matchAll(/\S+/g)].map(({ 0: word, index }) => {
            const range = document.createRange();
            range.setStart(firstChild, index);
            range.setEnd(firstChild, index + word.length);
            return { word, lines: range.getClientRects().length };
          }),
        );
        return words.filter(({ lines }) => lines !== 1);
      });
      assert.deepEqual(broken, [], `${width} px`);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    }
  });

  gallery.assertNoComplaints();
});
