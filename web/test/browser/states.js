// Every state of a widget, as people see it: in light, dark and forced colours, from left to right
// and from right to left, in English and Chinese, on a phone and on a desk.
import assert from 'node:assert/strict';
import { contrastOverBars, findings, PICTURES, reaches } from './gallery.js';
import { holdLines } from './lines.js';

export const LANGS = ['en', 'zh', 'ar'];

/**
 * @typedef {object} Kind of widget
 * @property {string} name 'poll', 'chain' or 'survey'
 * @property {string[]} answer what its vote takes
 * @property {{ key: string, value: string }} theirs what another window of `conflict` has answered
 * @property {string[]} busy two values that one user sets in turn, until the hub has enough
 */

/**
 * Shows messages on one page, each in the state of its name or, for those in `others`, in the state
 * that is given, and looks at all of them as people with different systems do.
 */
export async function showStates(t, gallery, kind, lang, messages, others) {
  const widgets = Object.entries(messages).map(([name, { ID }]) => {
    const more = { present: 'present', loading: 'results="always"' }[name] ?? '';
    const user = name === 'author' ? 'ann' : name;
    const all = `id="${name}" message="${ID}" ticket="${gallery.ticket(user)}" ${more}`;
    return `<section><h2>${name}</h2><ext-${kind.name} ${all}></ext-${kind.name}></section>`;
  });
  const dir = lang === 'ar' ? 'rtl' : 'ltr';
  const html = `<main><h1>Every state</h1>${widgets.join('')}</main>`;
  let lines;
  const before = async (page) => {
    lines = await holdLines(page);
    await page.route('**/ticket/loading', () => {}); // never answered
  };
  const page = await gallery.show(t, gallery.page(html, { lang, dir }), { before });
  await stage(page, lines, gallery, kind, messages, others);
  await look(page, `${kind.name}-${lang}`);
  await page.context().close();
}

/** Brings the widgets of a page into their states. */
async function stage(page, lines, gallery, { answer, theirs, busy }, messages, others) {
  const widget = (name) => page.locator(`#${name}`);
  const vote = (name) =>
    widget(name).evaluate((one, values) => void one.vote(...values).catch(() => {}), answer);
  for (const name of ['pending', 'voted', 'conflict', 'offline', 'busy'])
    await reaches(widget(name), /open|empty/);
  await vote('voted');
  await reaches(widget('voted'), 'voted');

  const second = await gallery.logIn('conflict');
  lines.deafen('conflict');
  await second.joinGroup({ groupID: messages.conflict.to }).catch(() => {}); // is in it by now
  await second.setMessageExtensions(messages.conflict, [theirs]);
  await second.destroy();
  await vote('conflict');
  await reaches(widget('conflict'), 'conflict');

  // A user has 30 sets a minute where everybody writes the own pair. If the minute ends before the
  // vote, the vote is counted, and it begins again.
  await widget('busy').evaluate(
    async (one, { values, last }) => {
      const message = one.client.findMessage(one.getAttribute('message'));
      const set = (value) => one.client.setMessageExtensions(message, [{ key: 'busy', value }]);
      const busy = new Promise((resolve) =>
        one.addEventListener('ext-state', () => one.state === 'busy' && resolve()),
      );
      while (one.state !== 'busy') {
        let refused;
        for (let n = 0; !refused; n++)
          await set(values[n % 2]).catch(({ code }) => (refused = code));
        await Promise.race([one.vote(...last), busy]);
      }
    },
    { values: busy, last: answer },
  );
  lines.hold('setMessageExtensions', 'busy'); // beyond the minute

  lines.hold('setMessageExtensions', 'pending');
  await vote('pending');
  await lines.cut('offline');
  for (const name of Object.keys(messages)) await reaches(widget(name), others[name] ?? name);
}

/** Looks in every size and colour: nothing is cut off, and everybody can read and use it. */
async function look(page, name) {
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
      const where = `${name}-${size}-${colors}`;
      await page.screenshot({ path: `${PICTURES}${where}.png`, fullPage: true });
      assert.deepEqual(await findings(page), [], where);
      if (colors !== 'forced') {
        const least = await contrastOverBars(page);
        assert.ok(least >= 4.5, `${where}: a contrast of ${least}`);
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${where}: ${wide} px wide`);
    }
  }
}
