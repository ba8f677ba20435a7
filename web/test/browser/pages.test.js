// The pages that a hub shows to guests: /p/, where one answers, and /present/ on the wall. Each
// test has a real hub, a poll that `hub poll` made, and people in a real browser.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import jsQR from 'jsqr';
import { PNG } from 'pngjs';
import { Hub } from '../hub.js';
import { secretKey } from '../sdk/fixture.js';
import { findings, reaches } from './gallery.js';
import { Prefix } from './prefix.js';
import { sharedBrowser } from './shared.js';

const PICTURES = fileURLToPath(new URL('../output/pages/', import.meta.url));
const timeout = 240_000;
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const WALL = { viewport: { width: 1440, height: 900 } };

/** Stage is a hub with guests and a browser, for all tests of a test. */
class Stage {
  complaints = [];

  static async open(t, flags = []) {
    const stage = new Stage();
    stage.hub = await Hub.start('--guests', '--secret-key', secretKey, ...flags);
    stage.browser = await sharedBrowser();
    await mkdir(PICTURES, { recursive: true });
    t.after(() => stage.hub.stop());
    return stage;
  }

  /** Makes a poll as people do, and returns the two addresses that are printed. */
  async poll(...args) {
    const flags = ['--url', this.hub.url, '--secret-key', secretKey];
    const { stdout } = await promisify(execFile)(process.env.HUB_BIN, ['poll', ...args, ...flags]);
    const [share, present] = ['share', 'present'].map(
      (word) => new RegExp(`^${word} +(.*)$`, 'm').exec(stdout)[1],
    );
    return { share, present };
  }

  /** Opens an address in a window of somebody's own, once the poll is there. */
  async show(t, address, options = {}) {
    const context = await this.browser.newContext({ ...PHONE, ...options });
    t.after(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => this.complaints.push(`uncaught: ${error.stack}`));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    await page.goto(address);
    await reaches(page.locator('ext-poll'), /^(?!loading)/);
    return page;
  }
}

/** Waits until an option has this number of votes. */
const counts = (page, option, votes) =>
  page
    .getByRole('listitem')
    .filter({ hasText: option })
    .filter({ hasText: new RegExp(`(?<!\\d)${votes} vote`) })
    .waitFor();

/** What a phone's camera reads off the page, or null. */
async function scan(page) {
  const { data, width, height } = PNG.sync.read(await page.screenshot());
  return jsQR(new Uint8ClampedArray(data), width, height)?.data ?? null;
}

test('a poll that somebody made in a terminal', { timeout }, async (t) => {
  const stage = await Stage.open(t);

  await t.test('is answered on a stranger’s phone, and moves on the wall', async (t) => {
    const { share, present } = await stage.poll('Where shall we eat?', 'Noodles', 'Rice');
    const wall = await stage.show(t, present, WALL);
    const phone = await stage.show(t, share);
    await phone.getByRole('radio', { name: 'Rice' }).check();
    await counts(wall, 'Rice', 1);
    const other = await stage.show(t, share);
    await other.getByRole('radio', { name: 'Rice' }).check();
    await counts(wall, 'Rice', 2);
    await counts(phone, 'Rice', 2);
    await phone.reload();
    await phone.getByRole('radio', { name: 'Rice', checked: true }).waitFor(); // the same guest
    await phone.getByRole('radio', { name: 'Noodles' }).check();
    await counts(wall, 'Noodles', 1);
  });

  await t.test('is found by the code on the wall, which carries nobody’s identity', async (t) => {
    const { share, present } = await stage.poll('Where to?', 'Noodles', 'Rice');
    const wall = await stage.show(t, present, WALL);
    await wall.getByRole('img', { name: 'Scan to answer' }).waitFor();
    await wall.waitForLoadState('networkidle');
    assert.equal(await scan(wall), share);
    assert.equal(wall.url(), present.split('#')[0], 'who presents is out of the address');
    const dark = await stage.show(t, present, { ...WALL, colorScheme: 'dark' });
    await dark.waitForLoadState('networkidle');
    assert.equal(await scan(dark), share);
  });

  await t.test('has its code in sight beside more options than fit', async (t) => {
    const options = Array.from({ length: 20 }, (_, at) => `Option ${at + 1}`);
    const { share, present } = await stage.poll('Which of them?', ...options);
    const wall = await stage.show(t, present, WALL);
    await wall.waitForLoadState('networkidle');
    assert.equal(await scan(wall), share);
    await wall.getByRole('button', { name: 'Close poll' }).scrollIntoViewIfNeeded();
    assert.equal(await scan(wall), share);
  });

  await t.test('is closed by who presents, once they are sure, and by nobody else', async (t) => {
    const { share, present } = await stage.poll('Close me?', 'Yes', 'No');
    const phone = await stage.show(t, share);
    const visitor = await stage.show(t, present.split('#')[0], WALL);
    assert.equal(await visitor.getByRole('button', { name: 'Close poll' }).count(), 0);
    const wall = await stage.show(t, present, WALL);
    await wall.reload(); // who presents stays that in this window
    await wall.getByRole('button', { name: 'Close poll' }).click();
    await wall.getByRole('button', { name: 'Leave it open' }).click();
    await phone.getByRole('radio', { name: 'Yes' }).check();
    await counts(wall, 'Yes', 1);
    await wall.getByRole('button', { name: 'Close poll' }).click();
    await wall.getByRole('button', { name: 'Close it' }).click();
    await reaches(phone.locator('ext-poll'), 'closed');
    await reaches(wall.locator('ext-poll'), 'closed');
    await wall.getByRole('button', { name: 'Close poll' }).waitFor({ state: 'hidden' });
  });

  await t.test('is followed by the next one, with the same presenter', async (t) => {
    const { present } = await stage.poll('First?', 'Yes', 'No');
    await stage.poll('Second?', 'Yes', 'No', '--after', present);
    const wall = await stage.show(t, present, WALL);
    await wall.getByRole('link', { name: 'Next poll' }).click();
    await wall.getByText('Second?').first().waitFor();
    await reaches(wall.locator('ext-poll'), /open|empty/);
    await wall.getByRole('button', { name: 'Close poll' }).waitFor();
  });

  await t.test('is hidden on the wall and shown again, and saved as CSV', async (t) => {
    const { share, present } = await stage.poll('Hide me?', 'Yes', 'No');
    const wall = await stage.show(t, present, WALL);
    const phone = await stage.show(t, share);
    await phone.getByRole('radio', { name: 'Yes' }).check();
    await counts(wall, 'Yes', 1);
    const hide = wall.getByRole('button', { name: 'Hide results' });
    await hide.click();
    await wall.getByText('1 vote', { exact: true }).waitFor({ state: 'hidden' });
    await wall.reload();
    await reaches(wall.locator('ext-poll'), 'open');
    await wall.getByRole('button', { name: 'Hide results', pressed: true }).waitFor();
    assert.equal(await wall.getByText('100%').filter({ visible: true }).count(), 0);
    await hide.click();
    await counts(wall, 'Yes', 1);
    const [download] = await Promise.all([
      wall.waitForEvent('download'),
      wall.getByRole('button', { name: 'Save as CSV' }).click(),
    ]);
    const text = await readFile(await download.path(), 'utf8');
    assert.match(text, /^\ufeff/);
    assert.match(text, /Yes.*1/);
  });

  await t.test(
    'that hides its results before the close shows none on the wall, until it is told to',
    async (t) => {
      const { share, present } = await stage.poll('Secret?', 'Yes', 'No', '--hidden');
      const phone = await stage.show(t, share);
      await phone.getByRole('radio', { name: 'Yes' }).check();
      await reaches(phone.locator('ext-poll'), 'voted');
      const wall = await stage.show(t, present, WALL);
      const hide = wall.getByRole('button', { name: 'Hide results', pressed: true });
      await hide.waitFor();
      assert.equal(await wall.getByText('100%').filter({ visible: true }).count(), 0);
      await hide.click();
      await counts(wall, 'Yes', 1);
      assert.equal(await phone.getByText('100%').filter({ visible: true }).count(), 0);
    },
  );

  const proxy = await Prefix.open(t, stage.hub.url, '/live'); // until the last page is closed
  await t.test('is there below the path that a proxy gives to the hub', async (t) => {
    const { share, present } = await stage.poll('Below?', 'Yes', 'No', '--public-url', proxy.url);
    const phone = await stage.show(t, share);
    const wall = await stage.show(t, present, WALL);
    await phone.getByRole('radio', { name: 'Yes' }).check();
    await counts(wall, 'Yes', 1);
    await wall.waitForLoadState('networkidle');
    assert.equal(await scan(wall), share);
  });

  await t.test('costs few requests and bytes, and a second visit nearly none', async (t) => {
    const { share } = await stage.poll('Light?', 'Yes', 'No');
    const context = await stage.browser.newContext(PHONE);
    t.after(() => context.close());
    const page = await context.newPage();
    const visit = async () => {
      const loads = [];
      const note = (response) => loads.push(response);
      page.on('response', note);
      await page.goto(share);
      await page.getByRole('radio', { name: 'Yes' }).waitFor();
      await page.waitForLoadState('networkidle');
      page.off('response', note);
      const sizes = await Promise.all(loads.map((one) => one.request().sizes()));
      const bytes = sizes.reduce(
        (sum, { responseBodySize, responseHeadersSize }) =>
          sum + responseBodySize + responseHeadersSize,
        0,
      );
      return { requests: loads.length, bytes };
    };
    const first = await visit();
    assert.ok(first.requests <= 8 && first.bytes < 40_000, JSON.stringify(first));
    const again = await visit();
    assert.ok(again.bytes < 5_000, JSON.stringify(again));
    t.diagnostic(`${JSON.stringify(first)}, then ${JSON.stringify(again)}`);
  });

  assert.deepEqual(stage.complaints, []);
});

const TEXTS = {
  en: ['Where shall we eat on Friday?', 'Noodles', 'Pizza at the corner, if it is open'],
  zh: ['星期五去哪里吃饭？', '面条', '街角的比萨店，如果开门的话'],
  ar: ['أين نأكل يوم الجمعة؟', 'نودلز', 'بيتزا في الزاوية إذا كانت مفتوحة'],
};
const LOOKS = {
  light: { colorScheme: 'light', forcedColors: 'none' },
  dark: { colorScheme: 'dark', forcedColors: 'none' },
  forced: { colorScheme: 'light', forcedColors: 'active' },
};

test(
  'the pages in every language, direction, colour and size: nothing is cut off, and axe finds nothing',
  { timeout },
  async (t) => {
    const stage = await Stage.open(t);
    for (const [lang, [title, ...options]] of Object.entries(TEXTS)) {
      const locale = lang === 'zh' ? 'zh-CN' : 'en';
      const { share, present } = await stage.poll(title, ...options);
      for (const [size, window] of Object.entries({ phone: PHONE, desk: WALL })) {
        for (const [kind, address] of Object.entries({ share, present })) {
          await t.test(`${kind} ${lang} ${size}`, async (t) => {
            const page = await stage.show(t, address, { ...window, locale });
            await page.waitForLoadState('networkidle');
            for (const [look, colours] of Object.entries(LOOKS)) {
              const where = `${kind}-${lang}-${look}-${size}`;
              await page.emulateMedia({ ...colours, reducedMotion: 'reduce' });
              await page.screenshot({ path: `${PICTURES}${where}.png` });
              assert.deepEqual(await findings(page), [], where);
              const facts = await page.evaluate(() => ({
                wide: document.documentElement.scrollWidth > innerWidth,
                direction: getComputedStyle(document.body).direction,
                lang: document.documentElement.lang,
              }));
              const direction = lang === 'ar' ? 'rtl' : 'ltr';
              const wanted = { wide: false, direction, lang: lang === 'zh' ? 'zh' : 'en' };
              assert.deepEqual(facts, wanted, where);
            }
          });
        }
      }
    }
    assert.deepEqual(stage.complaints, []);
  },
);
