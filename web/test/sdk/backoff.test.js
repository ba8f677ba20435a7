import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff, FIRST_MS, MAX_MS, STABLE_MS } from '../../sdk/backoff.js';

const most = () => 0.999999;

test('the window doubles with each failure, up to the longest', () => {
  const backoff = new Backoff(most);
  const waits = Array.from({ length: 10 }, () => Math.round(backoff.next(0)));
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16000, 20000, 20000, 20000, 20000]);
  assert.equal(waits[0], FIRST_MS);
  assert.equal(waits.at(-1), MAX_MS);
});

test('full jitter: anywhere in the window, from nothing on', () => {
  assert.equal(new Backoff(() => 0).next(0), 0);
  assert.equal(new Backoff(() => 0.5).next(0), FIRST_MS / 2);
});

test('a connection that held starts anew, one that only came and went does not', () => {
  const backoff = new Backoff(most);
  for (let i = 0; i < 4; i++) backoff.next(0);
  assert.equal(Math.round(backoff.next(STABLE_MS - 1)), 8000);
  assert.equal(Math.round(backoff.next(STABLE_MS)), FIRST_MS);
});
