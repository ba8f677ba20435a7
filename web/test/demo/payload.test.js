import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteLength, fullProblem, lengthHint } from '../../demo/limits.js';
import { chainData, parseCard, pollData, surveyData } from '../../demo/payload.js';

const message = (data) => ({
  payload: { data: typeof data === 'string' ? data : JSON.stringify(data) },
});

test('what is built is read back', () => {
  assert.deepEqual(
    parseCard(message(pollData({ title: 'Lunch', options: ['Tea', 'Rice'], multiple: true }))),
    {
      kind: 'poll',
      title: 'Lunch',
      multiple: true,
      anonymous: false,
      options: [
        { index: 1, text: 'Tea' },
        { index: 2, text: 'Rice' },
      ],
    },
  );
  assert.deepEqual(
    parseCard(message(chainData({ title: 'Trip', description: 'May', creator: 'bo' }))),
    {
      kind: 'chain',
      title: 'Trip',
      description: 'May',
    },
  );
  assert.deepEqual(
    parseCard(
      message(
        surveyData({ title: 'Day', questions: [{ type: 'scale', text: 'How?', options: [] }] }),
      ),
    ),
    { kind: 'survey', title: 'Day', questions: [{ type: 'scale', text: 'How?', options: [] }] },
  );
});

test('a poll index may arrive as a string, as other programs send it', () => {
  const data = {
    businessID: 'group_poll',
    title: 'T',
    content: { option_list: [{ index: '1', option: 'A' }] },
  };
  assert.deepEqual(parseCard(message(data)).options, [{ index: 1, text: 'A' }]);
});

test('whatever else is sent is no card', async (t) => {
  const poll = (option_list) => ({
    businessID: 'group_poll',
    title: 'T',
    content: { option_list },
  });
  const cases = {
    'a text message': { payload: { text: 'hi' } },
    'no JSON': message('hello'),
    'JSON null': message('null'),
    'another program': message({ businessID: 'group_create' }),
    // With a plain object as lookup table this would find Object, and give the page any data.
    'the name of an inherited property': message({ businessID: 'constructor', kind: 'poll' }),
    'a poll without options': message({ businessID: 'group_poll', title: 'T' }),
    'an option twice': message(
      poll([
        { index: 1, option: 'A' },
        { index: '1', option: 'B' },
      ]),
    ),
    'an option that is no text': message(poll([{ index: 1, option: { toString: 1 } }])),
    'a chain without a title': message({ businessID: 'group_note' }),
    'a survey without questions': message({
      businessID: 'group_survey',
      title: 'T',
      questions: [],
    }),
    'a question of an unknown type': message({
      businessID: 'group_survey',
      title: 'T',
      questions: [{ type: 'html', text: 'x' }],
    }),
  };
  for (const [name, sent] of Object.entries(cases))
    await t.test(name, () => assert.equal(parseCard(sent), null));
});

test('limits are counted in bytes of UTF-8', () => {
  assert.equal(byteLength('接龙'), 6);
  assert.equal(lengthHint('a'.repeat(750)), '');
  assert.equal(lengthHint('a'.repeat(751)), '249 of 1000 bytes left');
  assert.equal(lengthHint('龙'.repeat(333)), '1 of 1000 bytes left');
  assert.match(lengthHint('龙'.repeat(334)), /^2 bytes too long/);
  assert.equal(fullProblem(299), '');
  assert.match(fullProblem(300), /300 entries/);
});
