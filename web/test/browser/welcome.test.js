// The first screen of the demo.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findings, says } from './gallery.js';
import { play } from './stage.js';

/** Waits until so many people have voted in the first poll. */
const voted = (page, people) => says(page, new RegExp(`^${people} (person|people) voted`));

test('the first screen is a poll that runs, and a visitor votes without a name', () =>
  play(async ({ hub, open }) => {
    const windows = [await open(), await open()].map(({ page }) => page);
    // At once: each may be the one that makes the poll.
    await Promise.all(windows.map((page) => page.goto(hub.url)));
    const [ada, bo] = windows;
    await ada.getByRole('radio', { name: 'Tea' }).check();
    await voted(bo, 1);
    await bo.getByRole('radio', { name: 'Coffee' }).check();
    await voted(ada, 2);
    assert.deepEqual(await findings(ada), []);
    assert.equal(await ada.getByRole('button', { name: /close/i }).count(), 0, 'nobody ends it');
    await ada.reload();
    await ada.getByRole('radio', { name: 'Tea', checked: true }).waitFor(); // is who they were
    await ada.getByRole('button', { name: 'Let 50 people vote' }).click();
    await ada.getByText('All 50 votes are in.', { exact: false }).waitFor();
    await voted(bo, 52);
    await voted(ada, 52);
    await ada.getByLabel('Your name').fill('Ada');
    await ada.getByRole('button', { name: 'Come in' }).click();
    await ada.getByRole('region', { name: 'Demo group' }).waitFor();
    assert.equal(await ada.locator('ext-poll').count(), 0);
  }));

test('the first screen fits on a phone and on a desk, the poll above the fold', () =>
  play(async ({ hub, open }) => {
    const sizes = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } };
    for (const [size, viewport] of Object.entries(sizes)) {
      const { page } = await open();
      await page.setViewportSize(viewport);
      await page.goto(hub.url);
      const last = page.getByRole('radio', { name: 'Whatever is open' });
      await last.waitFor();
      const { y, height } = await last.boundingBox();
      assert.ok(y + height <= viewport.height, `on a ${size} the poll ends at ${y + height}`);
      assert.ok(
        await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
        `on a ${size} nothing is wider than the window`,
      );
    }
  }));
