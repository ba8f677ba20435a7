// The demo where it is not at home: below the path that a proxy gives to the hub.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prefix } from './prefix.js';
import { play } from './stage.js';

test('the demo works below the path that a proxy gives to the hub', (t) =>
  play(async ({ hub, enter, open }) => {
    const proxy = await Prefix.open(t, hub.url, '/live');
    const ada = await enter('Ada');
    const bo = await open();
    bo.hub = { url: `${proxy.url}/` };
    await bo.enter('Bo');
    await ada.make('Poll');
    await bo.press('Where shall we eat on Friday?', 'Pizza');
    await ada.sees('Where shall we eat on Friday?', 'Pizza 1 vote 100%');
    assert.equal(bo.page.url(), `${proxy.url}/`);
  }));
