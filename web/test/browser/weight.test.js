// What the demo costs until its poll runs: requests, bytes, and ways to the hub and back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gallery, pollData, rulesOf } from './gallery.js';
import { play } from './stage.js';

/** A slow line, as phones have it at the edge of a village. */
const BYTES_PER_SECOND = 400_000 / 8;
const ROUND_TRIP = 0.4;

/** Notes what goes over the page's line until the poll is there. */
function record(page) {
  const loads = [];
  const socket = { count: 0, bytes: 0, rounds: 0 };
  page.on('response', (response) => loads.push(response));
  page.on('websocket', (one) => {
    const waiting = new Map(); // methods by the IDs of requests
    let isShown = false;
    socket.count++;
    one.on('framesent', ({ payload }) => {
      if (waiting.size === 0 && !isShown) socket.rounds++; // nothing was on its way
      const { id, method } = JSON.parse(payload);
      waiting.set(id, method);
      socket.bytes += payload.length;
    });
    one.on('framereceived', ({ payload }) => {
      for (const { id, result } of [JSON.parse(payload)].flat()) {
        // The last of what the widget asks for. What the SDK asks behind it nobody waits for.
        isShown ||= Boolean(result) && waiting.get(id) === 'getMessageExtensionSummary';
        waiting.delete(id);
      }
      socket.bytes += payload.length;
    });
  });
  return async () => {
    await Promise.all(loads.map((one) => one.finished()));
    const sizes = await Promise.all(loads.map((one) => one.request().sizes()));
    // What comes from the browser's own cache has a size below 0.
    const sum = (name) => sizes.reduce((all, size) => all + Math.max(0, size[name]), 0);
    const [body, head] = ['responseBodySize', 'responseHeadersSize'].map(sum);
    return { loads: loads.splice(0), body, bytes: body + head + socket.bytes, socket };
  };
}

test('the demo takes few requests to the running poll, and none that it made before', (t) =>
  play(async ({ hub, open }) => {
    // Somebody was there before, and made the poll.
    const { page: host } = await open();
    await host.goto(hub.url);
    await host.getByRole('radio', { name: 'Tea' }).waitFor();

    const { page } = await open();
    const inspector = await page.context().newCDPSession(page);
    await inspector.send('Network.enable');
    await inspector.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: ROUND_TRIP * 1000,
      downloadThroughput: BYTES_PER_SECOND,
      uploadThroughput: BYTES_PER_SECOND,
    });
    const recorded = record(page);
    const load = async () => {
      const began = performance.now();
      await page.goto(hub.url);
      await page.getByRole('radio', { name: 'Tea' }).waitFor();
      const seconds = (performance.now() - began) / 1000;
      await page.waitForLoadState('networkidle');
      return { seconds, ...(await recorded()) };
    };
    const first = await load();
    const { loads, bytes, socket } = first;
    const kinds = loads.map((response) => response.request().resourceType());
    assert.ok(kinds.length <= 12, kinds.join());
    assert.ok(bytes < 60_000, `${bytes} bytes`);

    // The longest way: the page, then all files at once, then the socket, then what goes over it.
    // The ticket is on its way while the files still come.
    const html = await loads[0].text();
    const files = loads.slice(1).filter((one) => one.request().resourceType() !== 'fetch');
    for (const response of files) {
      const name = new URL(response.url()).pathname.slice(1);
      assert.ok(html.includes(`./${name}`), `${name} is asked for by the page itself`);
      assert.match((await response.allHeaders())['cache-control'], /immutable/, response.url());
    }
    assert.equal(kinds.filter((kind) => kind === 'fetch').length, 1, 'one ticket');
    assert.equal(socket.count, 1, 'one socket');
    const rounds = 3 + socket.rounds;
    const slow = bytes / BYTES_PER_SECOND + rounds * ROUND_TRIP;
    t.diagnostic(
      `${kinds.length} requests, ${bytes} bytes, ${rounds} round trips: ${slow.toFixed(2)} s by ` +
        `400 kbit/s and 400 ms; seen on this machine: ${first.seconds.toFixed(2)} s`,
    );
    assert.ok(slow <= 3, `${bytes} bytes and ${rounds} round trips take ${slow} s`);

    const again = await load();
    assert.ok(again.body < 1_000, `${again.body} bytes the second time`);
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
