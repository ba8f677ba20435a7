import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainMessage, pollMessage, readCard, surveyMessage } from '../../demo/payload.js';
import { readChain, readPoll, readSurvey } from '../../widgets/sheet.js';

const message = (data) => ({
  payload: { data: typeof data === 'string' ? data : JSON.stringify(data) },
});
/** The message as the widgets get it. */
const sent = ({ data, rules }) => ({
  ...message(data),
  extensionRules: rules,
  isSupportExtension: true,
});

test('what is built the widgets read', () => {
  const asked = { title: 'Lunch', options: ['Tea', 'Rice'], multiple: false, anonymous: false };
  const build = (more) => readPoll(sent(pollMessage({ ...asked, results: 'always', ...more })));
  const poll = build({});
  assert.deepEqual(
    [poll.title, poll.most, poll.results, poll.own, poll.hashed, poll.reveal],
    ['Lunch', 1, 'always', true, false, undefined],
  );
  assert.deepEqual(poll.options, [
    { index: '1', text: 'Tea' },
    { index: '2', text: 'Rice' },
  ]);
  const strict = build({ multiple: true, anonymous: true, results: 'after-close' });
  assert.deepEqual(
    [strict.most, strict.hashed, strict.show, strict.reveal],
    [2, true, 'summary', 'closed'],
  );
  assert.equal(pollMessage({ ...asked, closeAt: 7 }).rules.closeAt, 7);

  const chain = readChain(sent(chainMessage({ title: 'Trip', description: 'May', creator: 'bo' })));
  assert.deepEqual([chain.title, chain.description, chain.own], ['Trip', 'May', true]);
  const questions = [
    { type: 'choice', text: 'Where?', options: ['a', 'b', 'c'] },
    { type: 'scale', text: 'How?', options: [] },
    { type: 'text', text: 'What?', options: [] },
  ];
  const survey = readSurvey(sent(surveyMessage({ title: 'Day', questions })));
  assert.deepEqual(
    survey.questions.map(({ options }) => options.length),
    [3, 5, 0],
  );
});

test('a card shows the title of what it knows, and whatever else is sent is no card', async (t) => {
  const data = { businessID: 'group_note', title: '<b>T</b>' };
  assert.deepEqual(readCard(message(data)), { kind: 'chain', title: '<b>T</b>' });
  const cases = {
    'a text message': { payload: { text: 'hi' } },
    'no JSON': message('hello'),
    'JSON null': message('null'),
    'another program': message({ businessID: 'group_create', title: 'T' }),
    // With a plain object as lookup table this would find Object, and give the page any element.
    'the name of an inherited property': message({ businessID: 'constructor', title: 'T' }),
    'a title that is no text': message({ businessID: 'group_poll', title: { toString: 1 } }),
    'a chain without a title': message({ businessID: 'group_note' }),
  };
  for (const [name, one] of Object.entries(cases))
    await t.test(name, () => assert.equal(readCard(one), null));
});
