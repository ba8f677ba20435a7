import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameProblem, suggestName } from '../../demo/people.js';

test('of five windows with names that were proposed, two are one person in no room of a thousand', () => {
  const draws = 20_000;
  const names = new Set(Array.from({ length: draws }, suggestName));
  for (const name of names) assert.equal(nameProblem(name), '');
  // Of n names in all, 20,000 draws find about n (1 - e^(-20,000 / n)): of 10,000, 8,647.
  assert.ok(names.size > 8_647, `${names.size} names, so there are fewer than 10,000`);
  const pairs = (5 * 4) / 2;
  assert.ok(pairs / 10_000 <= 1 / 1_000);
});
