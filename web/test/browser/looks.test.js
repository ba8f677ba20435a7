// The demo as people with different systems see it: on a phone and on a desk, in light, dark and
// forced colours, from left to right and from right to left, in English and Chinese.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findings } from './gallery.js';
import { play } from './stage.js';

const PICTURES = fileURLToPath(new URL('../output/demo/', import.meta.url));
const LUNCH = 'Where shall we eat on Friday?';
const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } };
const LIGHT = { colorScheme: 'light', forcedColors: 'none' };
const COLORS = {
  light: LIGHT,
  dark: { colorScheme: 'dark', forcedColors: 'none' },
  forced: { colorScheme: 'light', forcedColors: 'active' },
};

/** Looks at a page in these sizes and colours, and in light also from right to left. */
async function look(
  page,
  name,
  { sizes = ['phone', 'desk'], colors = COLORS, mirrored = true } = {},
) {
  for (const size of sizes) {
    await page.setViewportSize(SIZES[size]);
    for (const [color, media] of Object.entries(colors)) {
      await page.emulateMedia({ ...media, reducedMotion: 'reduce' });
      await check(page, `${name}-${size}-${color}`);
    }
    if (!mirrored) continue;
    await page.emulateMedia({ ...LIGHT, reducedMotion: 'reduce' });
    await page.evaluate(() => (document.documentElement.dir = 'rtl'));
    await check(page, `${name}-${size}-rtl`);
    await page.evaluate(() => document.documentElement.removeAttribute('dir'));
  }
}

/** What has other words is as wide as those are; how it is mirrored and coloured is the same. */
const WORDS_ONLY = { colors: { light: LIGHT }, mirrored: false };

/** Nothing is wider than the window, and everybody can use what is there. */
async function check(page, where) {
  await page.screenshot({ path: `${PICTURES}${where}.png`, fullPage: true });
  assert.deepEqual(await findings(page), [], where);
  // What sticks out at the start of the line can't even be scrolled to.
  const out = await page.evaluate(() =>
    [...document.querySelectorAll('body *')]
      .filter((one) => !one.matches('.visually-hidden, .visually-hidden *'))
      .map((one) => [one, one.getBoundingClientRect()])
      .filter(([, { left, right, width }]) => width > 0 && (left < 0 || right > innerWidth))
      .map(([one]) => one.outerHTML.slice(0, 80)),
  );
  assert.deepEqual(out, [], where);
}

test('every screen of the demo fits and can be used, whatever people look with', () =>
  play(async ({ hub, enter, open }) => {
    await mkdir(PICTURES, { recursive: true });
    const { page: first } = await open();
    await first.goto(hub.url);
    await first.getByRole('radio', { name: 'Tea' }).check();
    await first.locator('ext-poll[state=voted]').waitFor();
    await first.getByRole('button', { name: 'Provoke a conflict' }).click();
    await first.getByRole('button', { name: /^Make it/ }).waitFor();
    await look(first, 'first');

    const ada = await enter('Ada');
    const { page } = ada;
    await enter('نور');
    for (const kind of ['Chain', 'Survey', 'Poll']) await ada.make(kind);
    await ada.press(LUNCH, 'Pizza');
    await ada.sees(LUNCH, 'Pizza 1 vote 100%');
    await ada.card('The next trip').getByRole('radio').first().check();
    await ada.press(LUNCH, 'Close it');
    await ada.press(LUNCH, 'Close it for good?');
    await ada.reads(LUNCH, 'Closed');
    await page.setViewportSize(SIZES.phone);
    await page.getByRole('button', { name: 'Chat' }).click();
    await ada.write('Hello! It is not far from the station, so that nobody has to run. 🎈');
    const { page: lei } = await open();
    await lei.goto(`${hub.url}/?lang=zh`);
    await lei.locator('ext-poll[state=open]').waitFor();
    await look(lei, 'first-zh', WORDS_ONLY);
    await lei.locator('#name').fill('李雷');
    await lei.locator('#enter').click();
    await lei.locator('#log').getByText('Hello!').waitFor({ state: 'attached' });
    await lei.setViewportSize(SIZES.phone);
    await lei.getByRole('button', { name: '聊天' }).click();
    await lei.locator('.chat input').fill('大家好！');
    await lei.locator('.chat .primary').click();
    await page.locator('#log').getByText('大家好！').waitFor();
    await look(lei, 'chat-zh', { ...WORDS_ONLY, sizes: ['phone'] }); // on a desk it is in the room
    await look(page, 'chat', { sizes: ['phone'] });
    await lei.setViewportSize(SIZES.phone);
    await lei.getByRole('button', { name: '卡片' }).click();
    await look(lei, 'room-zh', WORDS_ONLY);
    await lei.locator('[data-new=survey]').click();
    await look(lei, 'new-survey-zh', WORDS_ONLY);

    await page.setViewportSize(SIZES.phone);
    await page.getByRole('button', { name: 'Cards' }).click();
    await page.getByRole('button', { name: 'Cut my connection' }).click();
    await page.locator('#banner').getByText('The connection is lost').waitFor();
    await look(page, 'room');

    await page.getByRole('button', { name: 'Connect again' }).click();
    await page.locator('#banner[data-state=connected]').waitFor({ state: 'attached' });
    await ada.press(LUNCH, 'Share');
    await page.getByText('The payload, and the curl').click();
    await page.locator('#share img').evaluate((image) => image.decode());
    await look(page, 'share');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Poll/ }).click();
    await look(page, 'new-poll');
  }));
