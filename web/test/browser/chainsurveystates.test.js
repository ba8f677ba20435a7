// Every state of chains and surveys, as states.js shows it.
import { test } from 'node:test';
import { Gallery } from './gallery.js';
import { LANGS, showStates } from './states.js';

const entry = (n, text) => JSON.stringify({ n, text });

const CHAIN_TEXTS = {
  en: ['Who brings what?', 'Saturday, at the lake', ['Cups', 'Tea and a blanket', 'Bread']],
  zh: ['谁带什么？', '星期六，湖边', ['杯子', '茶和毯子', '面包']],
  ar: ['من يحضر ماذا؟', 'السبت عند البحيرة', ['أكواب', 'شاي وبطانية', 'خبز']],
};
const SURVEY_TEXTS = {
  en: [
    'How was it?',
    'Which talk was best?',
    ['The first', 'The second'],
    'The food?',
    'What else?',
  ],
  zh: ['怎么样？', '哪个演讲最好？', ['第一个', '第二个'], '饭菜如何？', '还有什么？'],
  ar: ['كيف كان؟', 'ما أفضل محاضرة؟', ['الأولى', 'الثانية'], 'الطعام؟', 'ماذا أيضًا؟'],
};
const WORDS = { en: 'More tea, please', zh: '请多准备茶', ar: 'المزيد من الشاي' };

const KINDS = {
  chain: {
    name: 'chain',
    answer: ['Lemons'],
    theirs: { key: 'conflict', value: entry(1, 'Sugar') },
    busy: [entry(1, 'Milk'), entry(1, 'Sugar')],
    data: (lang) => {
      const [title, description] = CHAIN_TEXTS[lang];
      return { businessID: 'group_note', title, description };
    },
    questions: [{ text: 300 }],
    values: (lang) => CHAIN_TEXTS[lang][2].map((text, at) => entry(at + 1, text)),
  },
  survey: {
    name: 'survey',
    answer: ['2', '4', 'Lemons'],
    theirs: { key: 'conflict', value: '["1","",""]' },
    busy: ['["1","",""]', '["2","",""]'],
    data: (lang) => {
      const [title, choice, options, scale, text] = SURVEY_TEXTS[lang];
      const questions = [
        { type: 'choice', text: choice, options },
        { type: 'scale', text: scale },
        { type: 'text', text },
      ];
      return { businessID: 'group_survey', title, questions };
    },
    questions: [{ choices: 2 }, { choices: 5 }, { text: 200 }],
    values: (lang) => ['["1","5",""]', JSON.stringify(['2', '5', WORDS[lang]]), '["1","3",""]'],
  },
};

/** Makes a message in each state, for people whose names are those of the states. */
async function messagesOf(gallery, kind, lang, voters) {
  const { ann } = gallery;
  const to = await gallery.group();
  for (const voter of voters) await voter.joinGroup({ groupID: to });
  const data = kind.data(lang);
  const rules = { write: 'own', questions: kind.questions };
  const send = (more = {}, group = to) => gallery.send(data, { ...rules, ...more }, group);
  const answered = async (more, count = 3) => {
    const message = await send(more);
    for (const [at, value] of kind.values(lang).slice(0, count).entries()) {
      const voter = voters[at];
      await voter.setMessageExtensions(message, [{ key: voter.getLoginUser(), value }]);
    }
    return message;
  };
  const closed = await answered();
  await ann.closeMessageExtensions(closed);
  return {
    loading: await send(),
    empty: await send(),
    open: await answered(),
    pending: await answered(),
    voted: await answered(),
    conflict: await answered(),
    offline: await answered(),
    busy: await send(),
    closed,
    full: await answered({ max: 1 }, 1),
    denied: await send({}, await gallery.group('Private')),
    unsupported: await send({ questions: [{ choices: 3 }] }),
    error: { ID: `g.${to}.99999` },
    author: await answered({ closeAt: 4_000_000_000 }),
    present: await answered(),
  };
}

for (const kind of Object.values(KINDS))
  test(`every state of the ${kind.name}`, { timeout: 300_000 }, async (t) => {
    const gallery = await Gallery.open(t);
    const voters = await Promise.all(
      ['voter0', 'voter1', 'voter2'].map((one) => gallery.logIn(one)),
    );
    t.after(() => Promise.all(voters.map((one) => one.destroy())));
    for (const lang of LANGS) {
      const messages = await messagesOf(gallery, kind, lang, voters);
      await showStates(t, gallery, kind, lang, messages, { author: 'open', present: 'open' });
    }
  });
