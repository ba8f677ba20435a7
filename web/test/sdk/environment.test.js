import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hub } from '../hub.js';

const timeout = 300_000; // it may build the hub

test(
  'a hub has the defaults, whatever settings of a hub the shell exports',
  { timeout },
  async () => {
    process.env.HUB_ADDR = 'nonsense';
    process.env.HUB_CONFIG = '/nowhere';
    const hub = await Hub.start();
    try {
      assert.equal((await fetch(hub.url)).status, 200);
    } finally {
      await hub.stop();
    }
  },
);
