import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slowLine } from './slowline.js';
import { play } from './stage.js';

// The samples of Tencent's documentation of message extensions, as written there. All that is added
// is a page with `chat`, `message` and `TencentCloudChat` in scope, and a return, so that the test
// sees the result of the sample's own promise.

const DATA = JSON.stringify({
  businessID: 'group_poll',
  title: 'Tea?',
  content: { option_list: [{ index: 1, option: 'Yes' }] },
});

/** Signs a person in with nothing but the SDK. Returns handles for page.evaluate. */
async function signIn({ page, hub }, userID) {
  await page.goto(hub.url);
  const TencentCloudChat = await page.evaluateHandle(
    async () => (await import('/sdk/index.js')).default,
  );
  const chat = await page.evaluateHandle(
    async ({ TencentCloudChat, userID }) => {
      const { sdkAppID, userSig } = await (await fetch(`/demo/usersig?user=${userID}`)).json();
      const chat = TencentCloudChat.create({ SDKAppID: sdkAppID });
      await chat.login({ userID, userSig });
      return chat;
    },
    { TencentCloudChat, userID },
  );
  return { page, TencentCloudChat, chat };
}

/** Makes a group of Ada and Bo, in which Ada sends a message and Bo receives it. */
async function conversation(open, before = async () => {}) {
  const [one, two] = [await open(), await open()];
  await before(two.page);
  const [ada, bo] = [await signIn(one, 'Ada'), await signIn(two, 'Bo')];
  // In an object, because evaluateHandle waits for a promise.
  const received = await bo.page.evaluateHandle(
    ({ chat, TencentCloudChat }) => ({
      message: new Promise((resolve) =>
        chat.once(TencentCloudChat.EVENT.MESSAGE_RECEIVED, ({ data }) => resolve(data[0])),
      ),
    }),
    { chat: bo.chat, TencentCloudChat: bo.TencentCloudChat },
  );
  ada.message = await ada.page.evaluateHandle(
    async ({ chat, TencentCloudChat, DATA }) => {
      await chat.createGroup({
        groupID: 'samples',
        name: 'Samples',
        type: TencentCloudChat.TYPES.GRP_WORK,
        memberList: [{ userID: 'Bo' }],
      });
      const message = chat.createCustomMessage({
        to: 'samples',
        conversationType: TencentCloudChat.TYPES.CONV_GROUP,
        payload: { data: DATA },
        isSupportExtension: true,
      });
      return (await chat.sendMessage(message)).data.message;
    },
    { chat: ada.chat, TencentCloudChat: ada.TencentCloudChat, DATA },
  );
  bo.message = await bo.page.evaluateHandle(async ({ received }) => received.message, { received });
  return { ada, bo };
}

/** What a sample has in scope. */
const handles = ({ chat, message, TencentCloudChat }) => ({ chat, message, TencentCloudChat });

const run = (person, sample) => person.page.evaluate(sample, handles(person));

/* oxlint-disable prefer-const, no-unused-vars -- the samples are as written */

// prettier-ignore
const setSample = ({ chat, message }) => {
  let promise = chat.setMessageExtensions(message, [{ key: 'a', value: '1' }, { key: 'b', value: '2' }]);
  promise.then(function(imResponse) {
    // Set message extensions successfully
    const { extensions } = imResponse.data;
    extensions.forEach((item) => {
      const { code, key, value } = item;
      if (code === 23001) {
        // Key conflict detected. Please retry as needed based on the returned latest extension info
      }
    });
  }).catch(function(imError) {
    // Failed to set message extensions
    console.warn('setMessageExtensions error:', imError);
  });
  return promise;
};

// prettier-ignore
const getSample = ({ chat, message }) => {
  let promise = chat.getMessageExtensions(message);
  promise.then(function(imResponse) {
    // Got message extensions successfully
    const { extensions } = imResponse.data;
    extensions.forEach((item) => {
      const { key, value } = item;
      // key - Message extension key
      // value - Value corresponding to the message extension key
    });
  }).catch(function(imError) {
    // Failed to get message extensions
    console.warn('getMessageExtensions error:', imError);
  });
  return promise;
};

// prettier-ignore
const deleteSample = ({ chat, message }) => {
  // Delete message extension key
  let promise = chat.deleteMessageExtensions(message, ['a', 'b']);
  promise.then(function(imResponse) {
    // Deleted message extensions successfully
    const { extensions } = imResponse.data;
    extensions.forEach((item) => {
      const { code, key, value } = item;
      if (code === 23001) {
        // Delete key conflict detected. Please retry as needed based on the returned latest extension info
      }
    });
  }).catch(function(imError) {
    // Failed to delete message extensions
    console.warn('deleteMessageExtensions error:', imError);
  });
  return promise;
};

// prettier-ignore
const clearSample = ({ chat, message }) => {
  // Clear all message extension keys
  let promise = chat.deleteMessageExtensions(message);
  promise.then(function(imResponse) {
    // Cleared message extensions successfully
    console.log('deleteMessageExtensions ok:', imResponse)
  }).catch(function(imError) {
    // Failed to clear message extensions
    console.warn('deleteMessageExtensions error:', imError);
  });
  return promise;
};

// prettier-ignore
const updatedSample = ({ chat, TencentCloudChat }) => {
  let onMessageExtensionsUpdated = function(event) {
    const { messageID, extensions } = event.data;
    // messageID - Message ID
    // extensions - Message extension information
    extensions.forEach((item) => {
      const { key, value } = item;
      // key - Message extension key
      // value - Value corresponding to the message extension key
      (globalThis.updated ??= []).push([messageID, key, value]);
    });
  };
  chat.on(TencentCloudChat.EVENT.MESSAGE_EXTENSIONS_UPDATED, onMessageExtensionsUpdated);
};

// prettier-ignore
const deletedSample = ({ chat, TencentCloudChat }) => {
  let onMessageExtensionsDeleted = function(event) {
    const { messageID, keyList } = event.data;
    // messageID - Message ID
    // keyList - List of deleted message extension keys
    keyList.forEach((key) => {
      // console.log(key)
      (globalThis.deleted ??= []).push([messageID, key]);
    });
  };
  chat.on(TencentCloudChat.EVENT.MESSAGE_EXTENSIONS_DELETED, onMessageExtensionsDeleted);
};

/* oxlint-enable prefer-const, no-unused-vars */

const heard = async ({ page }, list, count) => {
  await page.waitForFunction(({ list, count }) => globalThis[list]?.length >= count, {
    list,
    count,
  });
  return (await page.evaluate((list) => globalThis[list], list)).sort();
};

test('the documentation’s samples run as written', () =>
  play(async ({ open }) => {
    const { ada, bo } = await conversation(open);
    const ID = await ada.message.evaluate((message) => message.ID);
    for (const person of [ada, bo]) {
      await run(person, updatedSample);
      await run(person, deletedSample);
    }

    const set = await run(ada, setSample);
    assert.equal(set.code, 0);
    assert.deepEqual(
      set.data.extensions.map(({ code, key, value }) => [code, key, value]),
      [
        [0, 'a', '1'],
        [0, 'b', '2'],
      ],
    );
    for (const person of [ada, bo]) {
      assert.deepEqual(await heard(person, 'updated', 2), [
        [ID, 'a', '1'],
        [ID, 'b', '2'],
      ]);
      const { data } = await run(person, getSample);
      assert.deepEqual(
        data.extensions.map(({ key, value }) => [key, value]),
        [
          ['a', '1'],
          ['b', '2'],
        ],
      );
    }

    const gone = await run(bo, deleteSample);
    assert.deepEqual(
      gone.data.extensions.map(({ code, key }) => [code, key]),
      [
        [0, 'a'],
        [0, 'b'],
      ],
    );
    for (const person of [ada, bo])
      assert.deepEqual(await heard(person, 'deleted', 2), [
        [ID, 'a'],
        [ID, 'b'],
      ]);

    await run(bo, setSample); // a deleted pair may be set again
    await heard(ada, 'updated', 4);
    const cleared = await run(ada, clearSample);
    assert.deepEqual(cleared.data.extensions, []);
    for (const person of [ada, bo]) {
      assert.deepEqual(await heard(person, 'deleted', 4), [
        [ID, 'a'],
        [ID, 'a'],
        [ID, 'b'],
        [ID, 'b'],
      ]);
      assert.deepEqual((await run(person, getSample)).data.extensions, []);
    }
  }));

test('a set that conflicts gets 23001 with the current value, and a retry overwrites it', () =>
  play(async ({ open }) => {
    let line;
    const { ada, bo } = await conversation(open, async (page) => {
      line = await slowLine(page);
    });
    line.pause(); // Bo does not hear of what Ada does
    await ada.page.evaluate(
      ({ chat, message }) =>
        chat.setMessageExtensions(message, [{ key: 'b', value: 'Ada was here' }]),
      handles(ada),
    );
    const { code, data } = await run(bo, setSample);
    assert.equal(code, 0); // the request was served, one item of it is refused
    assert.deepEqual(
      data.extensions.map((item) => [item.code, item.key, item.value]),
      [
        [0, 'a', '1'],
        [23001, 'b', 'Ada was here'],
      ],
    );
    const retried = await run(bo, setSample);
    assert.deepEqual(
      retried.data.extensions.map((item) => [item.code, item.key, item.value]),
      [
        [0, 'a', '1'],
        [0, 'b', '2'],
      ],
    );
    const seen = await run(ada, getSample);
    assert.deepEqual(
      new Map(seen.data.extensions.map(({ key, value }) => [key, value])),
      new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    );
  }));
