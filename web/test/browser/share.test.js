// How a card is passed on: by an address, by a code, and by lines for another page.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import jsQR from 'jsqr';
import { PNG } from 'pngjs';
import { findings, says } from './gallery.js';
import { Site } from './site.js';
import { play } from './stage.js';

/** What breaks out of a shell's word, of HTML and of JSON, if one forgets. */
const TITLE = `It's "free" $(id) \`id\` </pre><b>\\`;

const makeAndShare = async (person) => {
  await person.make('Poll', (dialog) => dialog.getByLabel('Question').fill(TITLE));
  await person.press(TITLE, 'Share');
  return person.page.getByRole('dialog', { name: 'Pass it on' });
};

test('the address of a card names nobody: who opens it votes as somebody new', () =>
  play(async ({ hub, enter, open }) => {
    const ada = await enter('Ada');
    const dialog = await makeAndShare(ada);
    const url = await dialog.getByRole('textbox', { name: 'Address' }).inputValue();
    assert.equal(url, `${hub.url}/#poll/g.demo.1`);
    const code = dialog.getByRole('img', { name: 'The address as a QR code' });
    await code.evaluate((image) => image.decode());
    const { data, width, height } = PNG.sync.read(await code.screenshot());
    assert.equal(jsQR(new Uint8ClampedArray(data), width, height)?.data, url);
    assert.deepEqual(await findings(ada.page), []);
    await dialog.getByRole('button', { name: 'Done' }).click();

    const { page } = await open();
    await page.goto(url);
    await page.getByRole('radio', { name: 'Pizza' }).check();
    await ada.sees(TITLE, 'Pizza 1 vote 100%');
    const voters = await ada
      .card(TITLE)
      .locator('ext-poll')
      .evaluate(async (poll) => {
        const message = poll.client.findMessage(poll.getAttribute('message'));
        const { data } = await poll.client.getMessageExtensions(message);
        return data.extensions.map(({ key }) => key);
      });
    assert.match(voters.join(), /^visitor-\w+$/);
  }));

test('the lines put a poll on a page of another origin, and the curl sends it again', async (t) => {
  const site = await Site.open(t);
  await play(
    async ({ hub, enter, open }) => {
      const ada = await enter('Ada');
      const dialog = await makeAndShare(ada);
      const lines = await dialog.getByRole('region', { name: 'The lines' }).innerText();
      const { page } = await open();
      await page.goto(site.page('/blog', `<h1>My blog</h1>${lines}`));
      await page.getByRole('radio', { name: 'Pizza' }).check();
      await ada.sees(TITLE, 'Pizza 1 vote 100%');
      await says(page, '1 person voted');

      await dialog.getByText('The payload, and the curl').click();
      const payload = await dialog.getByRole('region', { name: 'The payload' }).innerText();
      assert.equal(JSON.parse(payload).data.title, TITLE);
      const command = await dialog.getByRole('region', { name: /curl/ }).innerText();
      const { data } = await ada.page.evaluate(() =>
        fetch('demo/usersig?user=Ada').then(async (response) => ({ data: await response.json() })),
      );
      const admin = 'admin';
      const env = { ...process.env, appid: data.sdkAppID, admin, sig: await hub.userSig(admin) };
      const { stdout } = await promisify(execFile)('sh', ['-c', command], { env });
      assert.equal(JSON.parse(stdout).MsgId, 'g.demo.2', stdout);
      await dialog.getByRole('button', { name: 'Done' }).click();
      await ada.card(TITLE).nth(1).waitFor();
    },
    { flags: ['--guests', '--allowed-origin', site.origin] },
  );
});
