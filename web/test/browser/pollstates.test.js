// Every state of a widget, as people see it: in light, dark and forced colours, from left to right
// and from right to left, in English and Chinese, on a phone and on a desk.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  contrastOverBars,
  findings,
  Gallery,
  PICTURES,
  pollData,
  reaches,
  rulesOf,
} from './gallery.js';
import { holdLines } from './lines.js';

const TEXTS = {
  en: [
    'Where shall we eat on Friday?',
    ['Noodles', 'Pizza at the corner', 'Something with rice and vegetables'],
  ],
  zh: ['星期五去哪里吃饭？', ['面条', '街角的比萨店', '米饭和蔬菜']],
  ar: ['أين نأكل يوم الجمعة؟', ['نودلز', 'بيتزا في الزاوية', 'أرز مع الخضار']],
};

/** Makes a poll in each state, for people whose names are those of the states. */
async function polls(gallery, lang) {
  const { ann } = gallery;
  const [title, options] = TEXTS[lang];
  const data = pollData(title, options);
  const to = await gallery.group();
  const send = (more, rules) => gallery.send({ ...data, ...more }, rules, to);
  const votes = async (message, ...values) => {
    const pairs = values.map((value, at) => ({ key: `voter${at}_0`, value }));
    if (pairs.length) await ann.setMessageExtensions(message, pairs);
    return message;
  };
  const closed = await votes(
    await send({ description: 'Friday at noon' }),
    '1',
    '2',
    '2',
    '1',
    '2',
  );
  await ann.setMessageExtensions(closed, [{ key: 'closed', value: '1' }]);
  const full = await send({}, rulesOf(3, { rules: { max: 1 } }));
  await ann.setMessageExtensions(full, [{ key: 'ann', value: '1' }]);
  const several = { config: { allow_multi_vote: true } };
  const messages = {
    loading: await send(),
    empty: await send(),
    open: await votes(await send(), '1', '2'),
    pending: await votes(await send(), '1', '2', '2'),
    voted: await votes(await send(), ...Array.from({ length: 20 }, (_, at) => `${(at % 3) + 1}`)),
    conflict: await votes(await send(), '1', '2'),
    offline: await votes(await send(), '1', '2'),
    busy: await send({}, rulesOf(3)),
    closed,
    full,
    denied: await gallery.send(data, undefined, await gallery.group('Private')),
    unsupported: await send({ businessID: 'another' }),
    error: { ID: `g.${to}.99999` },
    several: await send(
      several,
      rulesOf(3, { choose: 2, rules: { anonymous: true, closeAt: 4_000_000_000 } }),
    ),
    author: await votes(await send(), '1', '3'),
    present: await votes(await send(), '1', '2', '2'),
  };
  return messages;
}

/** Brings the widgets of a page into their states. */
async function stage(page, lines, gallery, messages) {
  const widget = (name) => page.locator(`#${name}`);
  for (const name of ['pending', 'voted', 'conflict', 'offline', 'busy'])
    await reaches(widget(name), /open|empty/);
  await widget('voted').getByRole('radio').nth(1).click();
  await reaches(widget('voted'), 'voted');

  const second = await gallery.logIn('conflict');
  lines.deafen('conflict');
  await second.joinGroup({ groupID: messages.conflict.to });
  await second.setMessageExtensions(messages.conflict, [{ key: 'conflict_0', value: '1' }]);
  await second.destroy();
  await widget('conflict').getByRole('radio').nth(1).click();
  await reaches(widget('conflict'), 'conflict');

  // A user has 30 sets a minute where everybody writes the own pair.
  await widget('busy').evaluate(async (poll) => {
    const message = poll.client.findMessage(poll.getAttribute('message'));
    const set = (value) => poll.client.setMessageExtensions(message, [{ key: 'busy', value }]);
    for (let n = 0; n < 30; n++) await set(`${(n % 2) + 1}`);
    poll.vote(3).catch(() => {});
  });
  await reaches(widget('busy'), 'busy');

  lines.hold('setMessageExtensions', 'pending');
  await widget('pending').getByRole('radio').nth(1).click();
  await lines.cut('offline');
  await reaches(widget('offline'), 'offline');
  for (const name of Object.keys(messages)) {
    const state = { several: 'empty', author: 'open', present: 'open' }[name] ?? name;
    await reaches(widget(name), state);
  }
}

test('every state of the poll', { timeout: 120_000 }, async (t) => {
  const gallery = await Gallery.open(t);
  for (const lang of ['en', 'zh', 'ar']) {
    const messages = await polls(gallery, lang);
    const widgets = Object.entries(messages).map(([name, { ID }]) => {
      const more = { present: 'present', loading: 'results="always"' }[name] ?? '';
      const user = name === 'author' ? 'ann' : name;
      const all = `id="${name}" message="${ID}" ticket="${gallery.ticket(user)}" ${more}`;
      return `<section><h2>${name}</h2><ext-poll ${all}></ext-poll></section>`;
    });
    const dir = lang === 'ar' ? 'rtl' : 'ltr';
    const address = gallery.page(`<main><h1>Every state</h1>${widgets.join('')}</main>`, {
      lang,
      dir,
    });
    let lines;
    const before = async (page) => {
      lines = await holdLines(page);
      await page.route('**/ticket/loading', () => {}); // never answered
    };
    const page = await gallery.show(t, address, { before });
    await stage(page, lines, gallery, messages);
    // On a desk, side by side. The page's policy takes no style but what a script makes.
    await page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(
        'section { break-inside: avoid } @media (width > 50rem) { main { columns: 4 } }',
      );
      document.adoptedStyleSheets = [sheet];
    });
    for (const [size, width] of Object.entries({ phone: 360, desk: 1600 })) {
      await page.setViewportSize({ width, height: 900 });
      for (const colors of ['light', 'dark', 'forced']) {
        await page.emulateMedia({
          colorScheme: colors === 'dark' ? 'dark' : 'light',
          forcedColors: colors === 'forced' ? 'active' : 'none',
          reducedMotion: 'reduce',
        });
        await page.screenshot({
          path: `${PICTURES}poll-${lang}-${size}-${colors}.png`,
          fullPage: true,
        });
        assert.deepEqual(await findings(page), [], `${lang}, ${size}, ${colors}`);
        if (colors !== 'forced') {
          const least = await contrastOverBars(page);
          assert.ok(least >= 4.5, `${lang}, ${size}, ${colors}: a contrast of ${least}`);
        }
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${lang}, ${size}, ${colors}: ${wide} px wide`);
      }
    }
    await page.context().close();
  }
});
