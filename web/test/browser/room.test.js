// The room: who is here, and what people say to each other, under names in any script.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findings } from './gallery.js';
import { slowLine } from './slowline.js';
import { play } from './stage.js';

const LUNCH = 'Where shall we eat on Friday?';
const PICNIC = 'Picnic on Sunday: who brings what?';
const DESK = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

/** What somebody with an SDK of their own may call themselves, and write. */
const CORPUS = [
  '<img src=x onerror="globalThis.hit=1">',
  '\u2069\u202Egnp.exe', // ends the isolation of an element, then reverses
  '"><script>globalThis.hit=1</script>',
  '{who} $&',
];
const shown = (text) => text.replace(/[\u2069\u202E]/g, '');

const log = (person) => person.page.getByRole('log', { name: 'Chat' });
const people = (person) => person.page.locator('.people > li');

/** Waits until the window says that just these are here, oneself first. */
async function hasHere(person, ...names) {
  const said = names.length === 1 ? '1 person is here' : `${names.length} people are here`;
  await person.page.getByRole('heading', { name: said, exact: true }).waitFor();
  const texts = await people(person).locator('bdi').allInnerTexts();
  assert.deepEqual(texts.slice(1).sort(), names.slice(1).sort());
  assert.equal(texts[0], names[0]);
}

test('what one writes all others read in the same order, under names in any script', () =>
  play(async ({ enter }) => {
    const lei = await enter('李雷');
    const zoe = await enter('Zoë 🎈');
    for (const { page } of [lei, zoe]) await page.setViewportSize(DESK);
    await lei.write('大家好！');
    await log(zoe).getByText('大家好！').waitFor();
    await zoe.write('Hi, <b>all</b>');
    await zoe.make('Chain');
    await log(lei).getByText('Zoë 🎈 made a chain').waitFor();
    await lei.card(PICNIC).getByLabel('My entry').fill('饺子');
    await lei.press(PICNIC, 'Add me');
    await zoe.lists(PICNIC, '[part~=entry]', ['饺子 李雷']);
    await zoe.card(PICNIC).getByText('Chain by you').waitFor();
    await lei.card(PICNIC).getByText('Chain by Zoë 🎈').waitFor();

    // Who comes later reads the same, also by whom, though they are gone.
    await lei.page.getByRole('button', { name: 'Leave' }).click();
    await log(zoe).getByText('李雷 left.').waitFor();
    const late = await enter('نور');
    await late.page.setViewportSize(DESK);
    await late.lists(PICNIC, '[part~=entry]', ['饺子 李雷']);
    const lines = (await log(late).locator('.message').allInnerTexts()).map((text) =>
      text
        .replace(/\s*\d+:\d+ [AP]M\s*/, ' ')
        .split('\n')
        .at(-1)
        .trim(),
    );
    assert.deepEqual(lines, ['李雷 大家好！', 'Zoë 🎈 Hi, <b>all</b>']);
    assert.equal(await log(late).locator('b').count(), 0);
  }));

test('who is here is seen as people come and leave, and two of one name stay two', () =>
  play(
    async ({ enter, again }) => {
      const ada = await enter('Ada', (page) => page.clock.install());
      await ada.page.setViewportSize(DESK);
      await hasHere(ada, 'Ada');
      let line;
      const one = await enter('Zoë 🎈', async (page) => (line = await slowLine(page)));
      const two = await enter('Zoë 🎈');
      await log(ada).getByText('Zoë 🎈 came in.').first().waitFor();
      await ada.page.getByRole('heading', { name: '3 people are here' }).waitFor();
      const names = await people(ada).locator('bdi').allInnerTexts();
      assert.notEqual(names[1], names[2]);
      for (const name of names.slice(1)) assert.match(name, /^Zoë 🎈 \(\w{4}\)$/);
      await ada.make('Poll');
      for (const person of [one, two]) await person.press(LUNCH, 'Pizza');
      await ada.sees(LUNCH, 'Pizza 2 votes 100%');
      assert.deepEqual(await findings(ada.page), []);

      // Who closes one of two windows of their own is in the other.
      const tag = await two.page.evaluate(() =>
        JSON.parse(sessionStorage.getItem('exthub-demo-person')).userID.slice(-4),
      );
      const says = (what) => log(ada).getByText(`Zoë 🎈 (${tag}) ${what}.`);
      const twin = await again(two);
      await twin.page.close();
      await says('came in').nth(1).waitFor();
      await hasHere(ada, ...names);
      await two.page.close();
      await says('left').nth(1).waitFor();
      await ada.page.getByRole('heading', { name: '2 people are here' }).waitFor();
      // Fifty who only vote do not come in.
      await ada.page.getByRole('button', { name: 'Let 50 people vote' }).click();
      await ada.page.clock.fastForward(5_000);
      await ada.reads(LUNCH, '52 people voted');
      await ada.page.getByRole('heading', { name: '2 people are here' }).waitFor();
      // A window may be gone without a word.
      await line.cut();
      await one.page.context().close();
      await ada.page.clock.fastForward('03:30');
      await hasHere(ada, 'Ada');
    },
    // A socket that was still connecting may be cut too.
    { expects: /WebSocket is closed before the connection is established/ },
  ));

test('a message that can’t be sent waits, says so, and is there once when it is sent again', () =>
  play(
    async ({ enter }) => {
      const ada = await enter('Ada');
      let line;
      const bo = await enter('Bo', async (page) => {
        await page.clock.install();
        line = await slowLine(page);
      });
      for (const { page } of [ada, bo]) await page.setViewportSize(DESK);
      line.swallow(); // it arrives, and nobody here hears of it
      await bo.write('Twice?');
      await log(ada).getByText('Twice?').waitFor();
      await log(bo).getByText('Sending…').waitFor();
      await line.cut();
      await bo.page.clock.fastForward(16_000);
      await log(bo).getByText('Not sent.').waitFor();
      line.restore();
      await bo.page.clock.fastForward(21_000);
      await log(bo).getByRole('button', { name: 'Send it again' }).click();
      await log(bo).getByText('Not sent.').waitFor({ state: 'detached' });
      await bo.write('Last');
      await log(ada).getByText('Last').waitFor();
      for (const person of [ada, bo]) {
        const words = await log(person).locator('.words').allInnerTexts();
        assert.deepEqual(words, ['Twice?', 'Last']);
      }
    },
    // A socket that was still connecting may be cut too.
    { expects: /WebSocket is closed before the connection is established/ },
  ));

test('on a phone it is the cards or the chat, which says what has come, and leads to the card', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    await bo.page.setViewportSize(PHONE);
    await ada.page.setViewportSize(DESK);
    await ada.make('Poll');
    await ada.write('Vote, please');
    const { page } = bo;
    assert.equal(await log(bo).count(), 0, 'the chat is hidden');
    await page.getByRole('button', { name: 'Chat (2 new)' }).click();
    await log(bo).getByText('Vote, please').waitFor();
    await page.getByRole('button', { name: 'Chat', exact: true, pressed: true }).waitFor();
    assert.equal(await page.getByRole('article').count(), 0, 'the cards are hidden');
    await page.getByRole('button', { name: LUNCH }).click();
    await bo.card(LUNCH).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.textContent), LUNCH);
  }));

test('nothing of a name or a message becomes part of a page, or turns its neighbours around', () =>
  play(async ({ enter }) => {
    const ada = await enter('Ada');
    const bo = await enter('Bo');
    await ada.page.setViewportSize(DESK);
    await bo.make('Chain');
    // As an app of the SDK may do, not as this page does.
    const widget = bo.card(PICNIC).locator('ext-chain');
    for (const harm of CORPUS) {
      await widget.evaluate(async ({ client }, name) => {
        const here = { ID: 'g.here.1', status: 'success', isSupportExtension: true };
        const value = JSON.stringify({ name, until: client.getServerTime() + 60 });
        await client.setMessageExtensions(here, [{ key: client.getLoginUser(), value }]);
        await client.updateMyProfile({ nick: name });
        const message = client.createTextMessage({
          to: 'demo',
          conversationType: 'GROUP',
          payload: { text: `${name} is written` },
        });
        await client.sendMessage(message);
      }, harm);
      const line = log(ada)
        .locator('.message')
        .filter({ hasText: `${shown(harm)} is written` });
      await line.waitFor();
      const [name, time] = await Promise.all(
        ['bdi', 'time'].map((part) => line.locator(part).first().boundingBox()),
      );
      // What is longer may be wider than a line.
      if (harm === CORPUS[1]) assert.ok(name.x + name.width <= time.x + 1, 'the time is turned');
      await people(ada).locator('bdi').getByText(shown(harm), { exact: true }).waitFor();
    }
    for (const person of [ada, bo]) {
      const { page } = person;
      assert.equal(await page.locator('.chat').locator('img, script').count(), 0);
      assert.equal(await page.evaluate(() => globalThis.hit), undefined);
    }
    const late = await enter(CORPUS[1]);
    assert.equal(await late.page.title(), 'gnp.exe · Exthub');
  }));

test('the demo speaks the reader’s language, or that of the address, in all it says', () =>
  play(async ({ hub, open }) => {
    const { page } = await open();
    await page.goto(`${hub.url}/?lang=zh`);
    await page.getByRole('heading', { name: '问问大家， 看答案实时到来。' }).waitFor();
    await page.getByRole('radio', { name: '茶' }).check();
    await page.locator('ext-poll[state=voted]').waitFor();
    await page.getByRole('button', { name: '制造一次冲突' }).click();
    await page.getByText('服务器拒绝了它（23001）', { exact: false }).waitFor();
    await page.getByRole('button', { name: '收起' }).click(); // frames speak the hub's language
    await page.getByRole('button', { name: '进入' }).click();
    await page.getByRole('region', { name: '演示房间' }).waitFor();
    assert.equal(page.url(), `${hub.url}/?lang=zh`);
    await page.locator('[data-new=poll]').click();
    await page.getByRole('button', { name: '发起投票' }).click();
    await page.getByText('你的投票，', { exact: false }).waitFor();
    // Nothing in Latin letters but names of things.
    const text = await page.evaluate(() => document.body.innerText);
    const latin = text.match(/[A-Za-z]{2,}/g).filter((word) => !/^(Exthub|AM|PM)$/.test(word));
    const name = await page.locator('#me bdi').innerText();
    assert.deepEqual(
      [...new Set(latin)].filter((word) => !name.includes(word)),
      [],
    );

    const other = await open();
    await other.page.goto(`${hub.url}/?lang=%F0%9F%8E%88`); // no name of a language
    await other.page.getByRole('button', { name: 'Come in' }).waitFor();
  }));
