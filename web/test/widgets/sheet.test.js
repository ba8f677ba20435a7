import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  answersOf,
  entriesOf,
  readChain,
  readPoll,
  readSurvey,
  tally,
  tallySurvey,
  valueOf,
} from '../../widgets/sheet.js';
import { isolated } from '../../widgets/words.js';

const message = (data, extensionRules) => ({
  payload: { data: typeof data === 'string' ? data : JSON.stringify(data) },
  extensionRules,
  isSupportExtension: true,
});
const pollData = (more = {}) => ({
  businessID: 'group_poll',
  title: 'Tea?',
  content: {
    option_list: [
      { index: 1, option: 'Yes' },
      { index: '7', option: 'No' },
    ],
  },
  ...more,
});
const NOBODY = { key: 'me_0', stored: '', wished: '' };
const count = (poll, pairs, mine = {}, summary = {}) =>
  tally(poll, { pairs: new Map(pairs), summary }, { ...NOBODY, ...mine });

test('an option has the number that it says, and by rules its place', () => {
  const indexes = ({ options }) => options.map(({ index }) => index);
  assert.deepEqual(indexes(readPoll(message(pollData()))), ['1', '7']);
  const rules = { write: 'own', questions: [{ choices: 2 }] };
  assert.deepEqual(indexes(readPoll(message(pollData(), rules))), ['1', '2']);
});

test('what is no poll, chain or survey is none, whatever it is', () => {
  const strange = [
    'not JSON',
    'null',
    '[]',
    '7',
    '{"businessID":"group_poll"}',
    '{"businessID":"group_poll","content":{"option_list":[]}}',
    '{"businessID":"group_poll","content":{"option_list":{"length":3}}}',
    '{"businessID":"group_survey","questions":[{"type":"dance"}]}',
    '{"businessID":"group_survey","questions":[null]}',
    '{"businessID":"group_survey","questions":[{"type":"choice","options":"ab"}]}',
  ];
  for (const data of strange)
    for (const read of [readPoll, readChain, readSurvey])
      assert.equal(read(message(data)), null, data);
  assert.equal(readPoll({ ...message(pollData()), isSupportExtension: false }), null);
  assert.equal(readPoll(message(pollData(), { questions: [{ choices: 3 }] })), null, 'other rules');
  assert.equal(readPoll(message(pollData(), { questions: [{ text: 9 }] })), null, 'a text');
});

test('a poll without rules counts votes as the plugin does, the own as it shall be', () => {
  const poll = readPoll(message(pollData()));
  const pairs = [
    ['a_0', '1'],
    ['b_0', '7_1'], // one is allowed: the first of the poll's
    ['c_0', '9'],
    ['closed', '1'],
    ['d', '1'],
    ['me_0', '1'],
  ];
  assert.deepEqual(count(poll, pairs, { stored: '1', wished: '7' }), { total: 3, votes: [2, 1] });
  assert.deepEqual(count(poll, pairs, { stored: '1', wished: '' }), { total: 2, votes: [2, 0] });
});

test('with rules the summary counts, and the own vote is moved in it', () => {
  const rules = { write: 'own', questions: [{ choices: 2 }], show: 'summary' };
  const poll = readPoll(message(pollData(), rules));
  const summary = { pairs: 5, answers: [[3, 2]] };
  assert.deepEqual(count(poll, [], { stored: '1', wished: '2' }, summary), {
    total: 5,
    votes: [2, 3],
  });
  assert.deepEqual(count(poll, [], { wished: '2' }, summary), { total: 6, votes: [3, 3] });
  assert.deepEqual(count(poll, [], { wished: '2' }, { pairs: 5 }), { total: 6, votes: null });
});

test('who changes an entry keeps the place, and what has no number comes last', () => {
  const chain = [
    ['closed', '1'],
    ['zoe', '{"n":1,"text":"tea"}'],
    ['guest-x', '{"n":2,"text":"{x}"}'],
    ['bo', '{"n":2,"text":"milk"}'],
    ['cy', 'plain'],
    ['dee', '{"n":"1","text":7}'],
  ];
  assert.deepEqual(
    entriesOf(new Map(chain)).map(({ name, text }) => [name, text]),
    [
      ['zoe', 'tea'],
      ['bo', 'milk'],
      ['', '{x}'],
      ['cy', 'plain'],
      ['dee', '{"n":"1","text":7}'],
    ],
  );
});

test('a survey is written and read in both forms', () => {
  const data = {
    businessID: 'group_survey',
    title: 'How?',
    questions: [
      { type: 'choice', text: 'One', options: ['a', 'b'] },
      { type: 'scale', text: 'Two' },
      { type: 'text', text: 'Three' },
    ],
  };
  const plain = readSurvey(message(data));
  const rules = { write: 'own', questions: [{ choices: 2 }, { choices: 5 }, { text: 9 }] };
  const ruled = readSurvey(message(data, rules));
  assert.equal(valueOf(plain, ['2', '', 'x']), '[2,null,"x"]');
  assert.equal(valueOf(ruled, ['2', '', 'x']), '["2","","x"]');
  assert.equal(valueOf(ruled, ['', '', '']), '');
  for (const [survey, value] of [
    [plain, '[2,null,"x"]'],
    [ruled, '["2","","x"]'],
  ])
    assert.deepEqual(answersOf(survey, value), ['2', '', 'x']);
  assert.deepEqual(answersOf(plain, '[9,"<b>",{}]'), ['', '', '']);
  const only = { ...data, questions: data.questions.slice(2) };
  const alone = readSurvey(message(only, { write: 'own', questions: [{ text: 9 }] }));
  for (const words of ['["a","b"]', '[]', '7']) assert.deepEqual(answersOf(alone, words), [words]);
  const pairs = new Map([
    ['a', '[1,5,"one"]'],
    ['b', '[2,5,null]'],
    ['me', '[2,5,null]'],
    ['c', 'nonsense'],
  ]);
  const mine = { key: 'me', stored: '[2,5,null]', wished: '[1,1,"two"]' };
  const { total, results } = tallySurvey(plain, { pairs, summary: {} }, mine);
  assert.equal(total, 3);
  assert.deepEqual(results, [
    { votes: [2, 1], texts: [] },
    { votes: [1, 0, 0, 0, 2], texts: [] },
    { votes: [], texts: ['one', 'two'] },
  ]);
});

test('a text that closes its isolation, to reverse what stands behind it, stays in it', () => {
  assert.equal(isolated('\u2069\u202Egnp.exe\u2067'), '\u2068gnp.exe\u2069');
});
