import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sign } from '../sdk/fixture.js';
import { Gallery, pollData, reaches, says, rulesOf } from './gallery.js';
import { holdLines } from './lines.js';

const LUNCH = ['Noodles', 'Pizza at the corner', 'Something with rice'];
const lunch = (more) => pollData('Where shall we eat on Friday?', LUNCH, more);

test('a widget in a page', { timeout: 240_000 }, async (t) => {
  const gallery = await Gallery.open(t, { flags: ['--guests'] });
  const { ann } = gallery;

  await t.test(
    'what people write never becomes a part of the page, nor turns it around',
    async (t) => {
      const corpus = [
        '<img src=x onerror="globalThis.hit=1">',
        '"><script>globalThis.hit=1</script>',
        '<svg/onload=globalThis.hit=1>',
        "javascript:globalThis.hit=1//'",
        '{{constructor.constructor("globalThis.hit=1")()}}',
        '<slot name="header"></slot><style>*{display:none}</style>',
        '$& $` {n} {x} \\u0000',
        '\u202Egnp.exe \u2066\u2067',
        'a'.repeat(400),
        '',
      ];
      const message = await gallery.send(
        pollData(corpus[0], corpus, {
          description: corpus.join(' '),
          exthub: { results: '<b>' },
          config: { allow_multi_vote: { toString: 1 } },
        }),
      );
      for (const [at, text] of corpus.entries())
        await ann.setMessageExtensions(message, [
          { key: `${text.slice(0, 20)}<b>${at}_0`, value: `${at + 1}` },
        ]);
      await ann.setMessageExtensions(message, [{ key: '<i>_0', value: '<i>_1_1_99_constructor' }]);
      const page = await gallery.poll(t, message, '<b onclick=hit>', {
        attributes: 'results="always"',
      });
      const texts = page.locator('ext-poll').locator('[part=text]');
      assert.deepEqual(
        await texts.evaluateAll((all) => all.map(({ textContent }) => textContent)),
        corpus,
      );
      for (const at of corpus.keys()) {
        await page.locator('ext-poll').locator('[part~=option]').nth(at).click();
        await reaches(page.locator('ext-poll'), 'voted');
      }
      const strange = await page.locator('ext-poll').evaluate(({ shadowRoot }) => ({
        hit: globalThis.hit,
        made: shadowRoot.querySelectorAll('img, script, svg, style, b, i').length,
        // A reversed name must not reverse what stands beside it.
        isolated: [...shadowRoot.querySelectorAll('[part=text]')].every(
          (one) => one.localName === 'bdi',
        ),
        wide: document.documentElement.scrollWidth > innerWidth,
      }));
      assert.deepEqual(strange, { hit: undefined, made: 0, isolated: true, wide: false });
    },
  );

  await t.test('a guest votes by two lines of HTML, and is no other after a reload', async (t) => {
    const to = await gallery.group('Public', { guests: true });
    const message = await gallery.send(lunch(), rulesOf(3), to);
    const body = `<main><ext-poll message="${message.ID}"></ext-poll></main>`;
    const page = await gallery.show(t, gallery.page(body));
    const authors = await gallery.poll(t, message, 'ann', { attributes: 'results="always"' });
    await page.getByText('Pizza').click();
    await reaches(page.locator('ext-poll'), 'voted');
    await says(authors, '1 person voted');
    await page.reload();
    await reaches(page.locator('ext-poll'), 'voted');
    await page.getByText('Noodles').click();
    await authors.getByRole('radio', { name: 'Noodles 1 vote 100%' }).waitFor();
    const { data } = await gallery.ann.getMessageExtensionSummary(message);
    assert.deepEqual(data.summary.answers, [[1, 0, 0]]);
    const close = (poll) => poll.close().catch(({ code }) => code);
    assert.equal(await page.locator('ext-poll').evaluate(close), 10007);
  });

  await t.test(
    'without the script there is a list, and until the poll is there, too',
    async (t) => {
      const message = await gallery.send(lunch());
      const list = `<ol>${LUNCH.map((text) => `<li>${text}</li>`).join('')}</ol>`;
      const address = gallery.page(
        `<main><ext-poll message="${message.ID}" ticket="${gallery.ticket('bo')}">${list}</ext-poll></main>`,
      );
      const plain = await gallery.show(t, address, { javaScriptEnabled: false });
      assert.equal(await plain.getByRole('listitem').filter({ visible: true }).count(), 3);
      let lines;
      const before = async (page) => {
        lines = await holdLines(page);
        lines.hold('login');
      };
      const page = await gallery.show(t, address, { before });
      await page.getByRole('listitem').filter({ hasText: 'Pizza' }).waitFor();
      lines.release();
      await page.getByRole('radio', { name: 'Pizza' }).waitFor();
      assert.equal(await page.locator('ol').isVisible(), false);
    },
  );

  await t.test('widgets share a socket: by ticket, or by the page’s own chat', async (t) => {
    const messages = [await gallery.send(lunch()), await gallery.send(lunch())];
    const [first, second] = messages.map(({ ID }) => ID);
    const ticket = gallery.ticket('bo');
    const sockets = [];
    const before = (page) => void page.on('websocket', (socket) => sockets.push(socket.url()));
    const html = [first, second, first].map(
      (ID) => `<ext-poll message="${ID}" ticket="${ticket}"></ext-poll>`,
    );
    const page = await gallery.show(t, gallery.page(`<main>${html.join('')}</main>`), { before });
    for (const widget of await page.locator('ext-poll').all()) await reaches(widget, 'empty');
    assert.equal(sockets.length, 1);
    await page.evaluate(async (message) => {
      const [one] = document.querySelectorAll('ext-poll');
      const lent = document.createElement('ext-poll');
      lent.client = one.client;
      lent.setAttribute('message', message);
      document.body.append(lent);
      await new Promise((resolve) => lent.addEventListener('ext-ready', resolve));
      await lent.vote(2);
    }, second);
    assert.equal(sockets.length, 1);
    await page.getByRole('radio', { name: 'Pizza', checked: true }).nth(1).waitFor();
    // The last of the widgets that are gone ends the session; one that is moved stays.
    const states = await page.evaluate(async () => {
      const all = [...document.querySelectorAll('ext-poll')];
      const { client } = all[0];
      const ended = new Promise((resolve) => client.on('sdkStateNotReady', () => resolve('ended')));
      for (const one of all) document.body.append(one);
      await Promise.resolve();
      const moved = all.map(({ state }) => state);
      for (const one of all) one.remove();
      return [...moved, await ended];
    });
    assert.deepEqual(states, ['empty', 'voted', 'empty', 'voted', 'ended']);
  });

  await t.test('a ticket may be a function, asked again for the next connection', async (t) => {
    const message = await gallery.send(lunch());
    let lines;
    const before = async (page) => (lines = await holdLines(page));
    const page = await gallery.show(t, gallery.page('<main></main>'), { before });
    const asked = await page.evaluateHandle(
      ({ ID, sigs }) => {
        const asked = [];
        const poll = document.createElement('ext-poll');
        poll.ticket = async () => {
          asked.push('once');
          return { userID: 'bo', userSig: sigs[asked.length - 1] };
        };
        poll.setAttribute('message', ID);
        document.querySelector('main').append(poll);
        return asked;
      },
      { ID: message.ID, sigs: [sign('bo', 3600), sign('bo', 3600)] },
    );
    await reaches(page.locator('ext-poll'), 'empty');
    assert.equal((await asked.jsonValue()).length, 1);
    await lines.cut();
    await reaches(page.locator('ext-poll'), 'offline');
    lines.restore();
    await reaches(page.locator('ext-poll'), 'empty');
    assert.equal((await asked.jsonValue()).length, 2);
  });

  await t.test('another message takes the place of the one before', async (t) => {
    const [first, second] = [
      await gallery.send(lunch()),
      await gallery.send(pollData('And to drink?', ['Tea', 'Water'])),
    ];
    const page = await gallery.poll(t, first, 'bo');
    const ready = page
      .locator('ext-poll')
      .evaluate(
        (poll) =>
          new Promise((resolve) =>
            poll.addEventListener('ext-ready', ({ detail }) => resolve(detail.message.ID)),
          ),
      );
    await page
      .locator('ext-poll')
      .evaluate((poll, ID) => poll.setAttribute('message', ID), second.ID);
    await page.getByRole('group', { name: 'And to drink?' }).waitFor();
    assert.equal(await page.getByText('Pizza').count(), 0);
    assert.equal(await ready, second.ID);
  });

  await t.test('what was said of one message is not said of the next', async (t) => {
    const [first, second] = [await gallery.send(lunch(), rulesOf(3)), await gallery.send(lunch())];
    let lines;
    const before = async (page) => (lines = await holdLines(page));
    const page = await gallery.poll(t, first, 'ann', { before });
    const poll = page.locator('ext-poll');
    const told = await poll.evaluateHandle((one) => {
      const events = [];
      for (const name of ['ext-close', 'ext-conflict', 'ext-error'])
        one.addEventListener(name, () => events.push(name));
      return events;
    });
    const show = async ({ ID }) => {
      await poll.evaluate(
        (one, ID) =>
          new Promise((resolve) => {
            one.addEventListener('ext-ready', resolve, { once: true });
            one.setAttribute('message', ID);
          }),
        ID,
      );
    };
    // A question about the close, a refusal, and a vote that is on its way.
    await page.getByRole('button', { name: 'Close it', exact: true }).click();
    await page.getByRole('button', { name: 'Close it for good?' }).waitFor();
    await show(second);
    await page.getByRole('button', { name: 'Close it', exact: true }).waitFor();
    lines.hold('setMessageExtensions');
    const lost = poll.evaluate((one) => one.vote(1).catch(({ code }) => code));
    await reaches(poll, 'pending');
    await poll.evaluate((one) => one.setAttribute('message', one.getAttribute('message')));
    await reaches(poll, 'pending'); // asks again, with the vote
    await show(first);
    assert.equal(await lost, 2801); // it may have been done
    lines.release();
    await show(second);
    await reaches(poll, 'voted');
    await show(first);
    await gallery.ann.closeMessageExtensions(first);
    await reaches(poll, 'closed');
    await poll.evaluate((one) => one.vote(1).catch(() => {}));
    await page.getByText('Not counted: it was closed before.').first().waitFor();
    await show(second);
    await reaches(poll, 'voted');
    assert.equal(await page.locator('ext-poll').locator('[part=notice]').isVisible(), false);
    assert.deepEqual(await told.jsonValue(), ['ext-close', 'ext-error']);
  });

  await t.test('a close is told once, and not of what was closed before', async (t) => {
    const message = await gallery.send(lunch(), rulesOf(3));
    let lines;
    const closes = (page) =>
      page.locator('ext-poll').evaluateHandle((poll) => {
        const told = [];
        poll.addEventListener('ext-close', () => told.push(poll.state));
        return told;
      });
    const before = async (page) => (lines = await holdLines(page));
    const page = await gallery.poll(t, message, 'bo', { before });
    const told = await closes(page);
    await lines.cut();
    await reaches(page.locator('ext-poll'), 'offline');
    await gallery.ann.closeMessageExtensions(message);
    lines.restore();
    await reaches(page.locator('ext-poll'), 'closed');
    assert.deepEqual(await told.jsonValue(), ['closed']);
    const late = await gallery.poll(t, message, 'cy', { before });
    const toldLate = await closes(late);
    const back = await late.locator('ext-poll').evaluateHandle(({ client }) => {
      const connected = ({ data }, done) => data.state === 'connected' && setTimeout(() => done());
      const again = (done) => client.on('netStateChange', (event) => connected(event, done));
      return { again: new Promise(again) };
    });
    await lines.cut();
    lines.restore();
    await back.evaluate(({ again }) => again);
    assert.deepEqual(await toldLate.jsonValue(), []);
  });

  await t.test(
    'the language is that around it, also in a shadow tree, and where it moves',
    async (t) => {
      const message = await gallery.send(lunch());
      const page = await gallery.show(t, gallery.page('<main lang="zh"><p></p></main><div></div>'));
      await page.evaluate(
        ({ ID, ticket }) => {
          const poll = document.createElement('ext-poll');
          poll.setAttribute('message', ID);
          poll.setAttribute('ticket', ticket);
          document.querySelector('p').attachShadow({ mode: 'open' }).append(poll);
        },
        { ID: message.ID, ticket: gallery.ticket('bo') },
      );
      await says(page, '还没有人投票');
      await page.evaluate(() => document.querySelector('div').append(document.querySelector('p')));
      await says(page, 'No votes yet');
    },
  );

  await t.test('an element that was there before the script, and one far below', async (t) => {
    const message = await gallery.send(lunch());
    const html = `<main><ext-poll id="early"></ext-poll>${'<br>'.repeat(400)}
      <ext-poll id="far" loading="lazy" message="${message.ID}" ticket="${gallery.ticket('bo')}"></ext-poll></main>`;
    const page = await gallery.show(t, gallery.page(html));
    await page.evaluate((ticket) => {
      const early = document.querySelector('#early');
      early.ticket = ticket;
    }, gallery.ticket('bo'));
    await page
      .locator('#early')
      .evaluate((poll, ID) => poll.setAttribute('message', ID), message.ID);
    await reaches(page.locator('#early'), 'empty');
    assert.equal(await page.locator('#far').evaluate(({ state }) => state), 'loading');
    await page.locator('#far').scrollIntoViewIfNeeded();
    await reaches(page.locator('#far'), 'empty');
  });

  gallery.assertNoComplaints();
});
