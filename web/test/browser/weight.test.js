// What a page costs: requests and bytes until it can be used.
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
