// The demo as people with different systems see it: on a phone and on a desk, in light, dark and
// forced colours.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findings } from './gallery.js';
import { play } from './stage.js';

const PICTURES = fileURLToPath(new URL('../output/demo/', import.meta.url));
const LUNCH = 'Where shall we eat on Friday?';
const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } };
const COLORS = {
  light: { colorScheme: 'light', forcedColors: 'none' },
  dark: { colorScheme: 'dark', forcedColors: 'none' },
  forced: { colorScheme: 'light', forcedColors: 'active' },
};

/** Looks at a page in every size and colour. */
async function look(page, name) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const [color, media] of Object.entries(COLORS)) {
      await page.emulateMedia({ ...media, reducedMotion: 'reduce' });
      const where = `${name}-${size}-${color}`;
      await page.screenshot({ path: `${PICTURES}${where}.png`, fullPage: true });
      assert.deepEqual(await findings(page), [], where);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= viewport.width, `${where}: ${wide} px wide`);
    }
  }
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
    for (const kind of ['Chain', 'Survey', 'Poll']) await ada.make(kind);
    await ada.press(LUNCH, 'Pizza');
    await ada.sees(LUNCH, 'Pizza 1 vote 100%');
    await ada.card('The next trip').getByRole('radio').first().check();
    await ada.press(LUNCH, 'Close it');
    await ada.press(LUNCH, 'Close it for good?');
    await ada.reads(LUNCH, 'Closed');
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
