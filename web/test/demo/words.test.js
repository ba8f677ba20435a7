import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { roomWords } from '../../demo/roomwords.js';
import { addWords, phrase, say, words } from '../../demo/words.js';

const html = await readFile(new URL('../../demo/index.html', import.meta.url), 'utf8');
const forms = (entry) => (typeof entry === 'string' ? [entry] : Object.values(entry));
const places = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

test('what is said in English is said in Chinese, with the same places for what people wrote', () => {
  addWords(roomWords);
  const { en, zh } = words;
  for (const [word, entry] of Object.entries(en)) {
    assert.ok(zh[word], `${word} is not said in Chinese`);
    for (const form of forms(zh[word])) {
      assert.match(form, /\p{Script=Han}/u, word);
      const wanted = forms(entry).at(-1);
      assert.deepEqual(new Set(places(form)), new Set(places(wanted)), word);
    }
  }
  const onPage = [...html.matchAll(/data-(?:say|label)="(\w+)"/g)].map(([, word]) => word);
  for (const word of onPage) assert.ok(zh[word], `${word} of the page is not said in Chinese`);
  const unused = Object.keys(zh).filter((word) => !en[word] && !onPage.includes(word));
  assert.deepEqual(unused, []);
});

test('a number has its plural, and a text in a sentence turns nothing else around', () => {
  assert.equal(say('here', 1), '1 person is here');
  assert.equal(say('here', 1200), '1,200 people are here');
  // What closes the isolation that it stands in would reverse the rest of the sentence.
  assert.equal(
    say('twoLines', 0, '\u2069\u202Egnp $& {n}').slice(0, 14),
    '“\u2068gnp $& {n}\u2069”',
  );
  assert.deepEqual(phrase('byline', { kind: 1, who: 2, time: 3 }), ['', 1, ' by ', 2, ', ', 3, '']);
});
