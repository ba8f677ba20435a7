// Pages of another origin than the hub's.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { User } from '../sdk/user.js';
import { secretKey, sign } from '../sdk/fixture.js';
import { Site } from './site.js';
import { play } from './stage.js';

/** What a page needs to be somebody. */
const loginAs = (userID) => JSON.stringify({ userID, userSig: sign(userID, 3600) });

/** A page that loads the SDK from the hub, names no server and logs in. */
const simple = (hub, userID) => `
  <output></output>
  <script type="module">
    import TencentCloudChat from '${hub.url}/sdk/index.js';
    const chat = TencentCloudChat.create({ SDKAppID: 1400000000 });
    const output = document.querySelector('output');
    chat.login(${loginAs(userID)}).then(
      ({ data }) => (output.value = 'logged in as ' + data.userID),
      (error) => (output.value = error.code + ' ' + error.message),
    );
  </script>`;

test('a page that loads the SDK from the hub is connected to it', async (t) => {
  const site = await Site.open(t);
  await play(
    async ({ hub, open }) => {
      const { page } = await open();
      await page.goto(site.page('/', simple(hub, 'ada')));
      await page.getByText('logged in as ada').waitFor();
    },
    { flags: ['--secret-key', secretKey, '--allowed-origin', site.origin] },
  );
});

test('a page that the hub does not know is told which flag lets it in', async (t) => {
  const site = await Site.open(t);
  await play(
    async ({ hub, open }) => {
      const { page } = await open();
      await page.goto(site.page('/', simple(hub, 'ada')));
      const output = page.locator('output', { hasText: 'hub' });
      const text = await output.innerText();
      assert.ok(text.endsWith(`start it with --allowed-origin ${site.origin}`), text);
      assert.ok(text.includes(hub.url.replace('http', 'ws')), text);
    },
    { flags: ['--secret-key', secretKey], expects: /WebSocket connection to/ },
  );
});

/** README's snippet, pasted into a page that has what the snippet takes for given. */
async function pasted(hub) {
  const text = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
  const [, snippet] = text.match(/### In a browser\n+```js\n(.*?)```/s);
  const here = snippet.replace('http://127.0.0.1:8080', hub.url);
  assert.notEqual(here, snippet);
  return `
  <script>
    const userSig = '${sign('ann', 3600)}';
    const show = (ID, pairs) => document.body.append(ID + ' ' + pairs[0].key + pairs[0].value);
  </script>
  <script type="module">${here}</script>`;
}

/** Makes the group that README's snippet sends to. */
async function makeTeam(t, hub) {
  const bob = await User.logIn(t, hub, 'bob');
  const memberList = [{ userID: 'ann' }];
  await bob.chat.createGroup({ groupID: 'team', name: 'Team', type: 'Public', memberList });
}

test("README's snippet, pasted into a page of another origin, logs in and shows a vote", async (t) => {
  const site = await Site.open(t);
  await play(
    async ({ hub, open }) => {
      await makeTeam(t, hub);
      const { page } = await open();
      await page.goto(site.page('/', await pasted(hub)));
      await page.getByText('g.team.1 ann1').waitFor();
    },
    { flags: ['--secret-key', secretKey, '--allowed-origin', site.origin] },
  );
});

test("README's snippet says what to do, where the hub was not told of the page", async (t) => {
  const site = await Site.open(t);
  await play(
    async ({ hub, open }) => {
      const { page } = await open();
      const failed = page.waitForEvent('pageerror');
      await page.goto(site.page('/', await pasted(hub)));
      const { message } = await failed;
      assert.ok(message.endsWith(`start it with --allowed-origin ${site.origin}`), message);
    },
    { flags: ['--secret-key', secretKey], expects: /WebSocket connection to|--allowed-origin/ },
  );
});

/** The same without modules: a script tag, and a global. */
const classic = (hub, userID) => `
  <output></output>
  <script src="${hub.url}/sdk/exthub.js"></script>
  <script>
    const chat = TencentCloudChat.create({ SDKAppID: 1400000000 });
    const output = document.querySelector('output');
    chat.on(Exthub.EVENT.SDK_READY, () => (output.value = 'ready: ' + chat.getLoginUser()));
    chat.login(${loginAs(userID)}).catch((error) => (output.value = error.message));
  </script>`;

test('a page without modules takes a script tag', async (t) => {
  const site = await Site.open(t);
  await play(
    async ({ hub, open }) => {
      const { page } = await open();
      await page.goto(site.page('/', classic(hub, 'ada')));
      await page.getByText('ready: ada').waitFor();
    },
    { flags: ['--secret-key', secretKey, '--allowed-origin', site.origin] },
  );
});

/** A page that shows a poll by an example: the one that it sends, or the group's newest. */
const shows = (hub, userID, example) => `
  <main></main>
  <script type="module">
    import TencentCloudChat from '${hub.url}/sdk/index.js';
    import { show } from '${example}';
    const { TYPES } = TencentCloudChat;
    const chat = TencentCloudChat.create({ SDKAppID: 1400000000 });
    await chat.login(${loginAs(userID)});
    await chat.createGroup({ groupID: 'lunch', name: 'Lunch', type: TYPES.GRP_PUBLIC })
      .catch(() => chat.joinGroup({ groupID: 'lunch' }));
    const page = await chat.getMessageList({ conversationID: 'GROUPlunch' });
    let message = page.data.messageList.pop();
    if (!message) {
      message = chat.createCustomMessage({
        to: 'lunch',
        conversationType: TYPES.CONV_GROUP,
        isSupportExtension: true,
        payload: { data: JSON.stringify({
          businessID: 'group_poll',
          title: 'Where?',
          content: { option_list: [{ index: 1, option: 'Noodles' }, { index: 2, option: 'Rice' }] },
        }) },
      });
      await chat.sendMessage(message);
    }
    window.hide = show(document.querySelector('main'), chat, message);
  </script>`;

test('the examples with React and Vue show the same poll, live', async (t) => {
  const site = await Site.open(t);
  const examples = [await site.example('poll.react.jsx'), await site.example('poll.vue.js')];
  await play(
    async ({ hub, open }) => {
      const pages = [];
      for (const [at, example] of examples.entries()) {
        const { page } = await open();
        await page.goto(site.page(`/${at}`, shows(hub, `user${at}`, example)));
        await page.getByText('0 voted').waitFor();
        pages.push(page);
      }
      const [react, vue] = pages;
      await react.getByRole('button', { name: 'Rice: 0' }).click();
      for (const page of pages) await page.getByText('1 voted').waitFor();
      await vue.getByRole('button', { name: 'Rice: 1' }).click();
      for (const page of pages) await page.getByRole('button', { name: 'Rice: 2' }).waitFor();
      await vue.getByRole('button', { name: 'Noodles: 0' }).click();
      for (const page of pages) await page.getByRole('button', { name: 'Noodles: 1' }).waitFor();
      await react.getByRole('button', { name: 'Take my vote back' }).click();
      for (const page of pages) await page.getByText('1 voted').waitFor();
      assert.equal(await vue.getByRole('button', { pressed: true }).innerText(), 'Noodles: 1');
      for (const page of pages) {
        await page.evaluate(() => window.hide());
        assert.equal(await page.locator('fieldset').count(), 0);
      }
    },
    { flags: ['--secret-key', secretKey, '--allowed-origin', site.origin] },
  );
});

/** docs/widgets.md's snippet for a language, as it is with a script tag. */
async function languageSnippet() {
  const text = await readFile(new URL('../../../docs/widgets.md', import.meta.url), 'utf8');
  const [, imported, rest] = text.match(/## Languages\n+```js\n(import [^;]*;).*?\n(.*?)```/s);
  assert.equal(imported, "import { words } from 'exthub/widgets';");
  return `const { words } = ExthubWidgets;\n${rest}`;
}

test('a language that a page adds behind the script is spoken', async (t) => {
  const site = await Site.open(t);
  await play(
    async ({ hub, open }) => {
      const ann = await User.logIn(t, hub, 'ann');
      await makeTeam(t, hub);
      const poll = ann.chat.createCustomMessage({
        to: 'team',
        conversationType: 'GROUP',
        isSupportExtension: true,
        payload: {
          data: JSON.stringify({
            businessID: 'group_poll',
            title: 'Wohin?',
            config: { allow_multi_vote: true },
            content: { option_list: [{ option: 'Nudeln' }, { option: 'Reis' }] },
          }),
        },
      });
      await ann.chat.sendMessage(poll);
      site.files.set('/ticket', loginAs('ann'));
      const { page } = await open();
      const body = `
        <script src="${hub.url}/widgets.js" defer></script>
        <ext-poll message="${poll.ID}" ticket="/ticket" lang="de"></ext-poll>
        <script type="module">${await languageSnippet()}</script>`;
      await page.goto(site.page('/', body));
      await page.getByRole('checkbox', { name: 'Nudeln' }).check();
      await page.getByRole('button', { name: 'Abstimmen' }).click();
      await page.getByText('1 Person', { exact: true }).waitFor();
    },
    { flags: ['--secret-key', secretKey, '--allowed-origin', site.origin] },
  );
});
