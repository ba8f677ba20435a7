// What a page costs: requests and bytes until it can be used.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gallery, pollData, rulesOf } from './gallery.js';
import { play } from './stage.js';

test('the demo takes few requests to the running poll, and none that it made before', () =>
  play(async ({ hub, open }) => {
    const { page } = await open();
    const loads = [];
    page.on('response', (response) => loads.push(response));
    const load = async () => {
      loads.length = 0;
      await page.goto(hub.url);
      await page.getByRole('radio', { name: 'Tea' }).waitFor();
      await page.waitForLoadState('networkidle');
      const kinds = loads.map((response) => response.request().resourceType());
      const bytes = await Promise.all(loads.map((one) => one.request().sizes()));
      return {
        kinds,
        bytes: bytes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0),
      };
    };
    const first = await load();
    assert.ok(first.kinds.length <= 12, first.kinds.join());
    assert.ok(first.bytes < 60_000, `${first.bytes} bytes`);
    const files = loads.slice(1).filter((one) => one.request().resourceType() !== 'fetch');
    for (const response of files) {
      assert.match((await response.allHeaders())['cache-control'], /immutable/, response.url());
    }
    const again = await load();
    assert.ok(again.bytes < 1_000, `${again.bytes} bytes the second time`);
  }));

test('a page with a poll takes at most six requests until it is there', async (t) => {
  const gallery = await Gallery.open(t, { flags: ['--guests'] });
  const to = await gallery.group('Public', { guests: true });
  const message = await gallery.send(pollData('Tea?', ['Yes', 'No']), rulesOf(2), to);
  const { hub, site } = gallery;
  const listed = `
    <p></p>
    <script type="module">
      import TencentCloudChat from '${hub.url}/sdk/index.js';
      const chat = TencentCloudChat.create({ SDKAppID: 1400000000 });
      const { userID, userSig } = await (await fetch('${gallery.ticket('bo')}')).json();
      await chat.login({ userID, userSig });
      await chat.joinGroup({ groupID: '${to}' });
      const { data } = await chat.getMessageList({ conversationID: 'GROUP${to}' });
      document.querySelector('p').append(JSON.parse(data.messageList[0].payload.data).title);
    </script>`;
  const isThere = (page) => page.locator('ext-poll').getByRole('radio').first().waitFor();
  const poll = `<ext-poll message="${message.ID}"></ext-poll>`;
  const pages = {
    'with the SDK': [site.page('/sdk', listed), 3, (page) => page.getByText('Tea?').waitFor()],
    'with a widget': [gallery.page(poll), 3, isThere],
    'of the hub, for guests': [`${hub.url}/p/${message.ID}`, 6, isThere],
  };
  for (const [what, [address, most, shown]] of Object.entries(pages)) {
    const asked = [];
    const page = await gallery.show(t, 'about:blank');
    page.on('request', (request) => {
      if (request.url().startsWith('http')) asked.push(new URL(request.url()).pathname);
    });
    await page.goto(address);
    await shown(page);
    assert.ok(asked.length <= most && most <= 6, `${what}: ${asked.join()}`);
  }
  assert.deepEqual(gallery.complaints, []);
});
