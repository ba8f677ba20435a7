/**
 * The widgets' words by language. An app adds a language, or changes a word, by setting it here;
 * what a language does not have is said in English. {n} is a number, {x} and {y} are what people
 * wrote. A word with several forms has them by the plural category of {n}.
 *
 * @type {Record<string, Record<string, string | Record<string, string>>>}
 */
export const words = {
  en: {
    loading: 'Loading…',
    vote: 'Vote',
    change: 'Change my vote',
    retract: 'Take my vote back',
    close: 'Close it',
    sure: 'Close it for good?',
    again: 'Try again',
    closed: 'Closed',
    anonymous: 'Anonymous',
    several: { one: 'Choose one', other: 'Choose up to {n}' },
    votes: { one: '{n} vote', other: '{n} votes' },
    people: { one: '{n} person voted', other: '{n} people voted' },
    nobody: 'No votes yet',
    until: 'Closes {x}',
    later: 'Results after the close',
    mine: 'my vote',
    winner: 'most votes',
    sending: 'Sending…',
    counted: 'Your vote for {x} is counted.',
    back: 'Your vote is taken back.',
    leads: '{x} leads.',
    offline: 'No connection. This is sent as soon as there is one.',
    away: 'No connection. This is how it was.',
    busy: 'Very busy just now. This is sent again.',
    waiting: 'Very busy just now. Trying again…',
    full: 'There is no more room.',
    conflict: 'Meanwhile your answer became {x}, in another window.',
    keep: 'Keep {x}',
    make: 'Make it {x}',
    none: 'none',
    late: 'Not counted: it was closed before.',
    refused: 'Not counted: you may not answer here.',
    fullNow: 'Not counted: there is no more room.',
    failed: 'Not counted: {x}',
    denied: 'This is not open to you.',
    unsupported: 'This can’t be shown.',
    gone: 'This is no longer there.',
    error: 'This could not be loaded.',
  },
  zh: {
    loading: '加载中…',
    vote: '投票',
    change: '改投',
    retract: '撤回我的投票',
    close: '结束',
    sure: '确定结束？',
    again: '重试',
    closed: '已结束',
    anonymous: '匿名',
    several: '最多选 {n} 项',
    votes: '{n} 票',
    people: '{n} 人已投票',
    nobody: '还没有人投票',
    until: '{x} 截止',
    later: '结束后公布结果',
    mine: '我的选择',
    winner: '得票最多',
    sending: '正在提交…',
    counted: '你投给{x}的票已计入。',
    back: '你的投票已撤回。',
    leads: '{x}领先。',
    offline: '网络已断开，恢复后会自动提交。',
    away: '网络已断开，显示的是之前的结果。',
    busy: '现在人太多，正在重新提交。',
    waiting: '现在人太多，正在重试…',
    full: '名额已满。',
    conflict: '你的回答已在另一个窗口改为{x}。',
    keep: '保留{x}',
    make: '改为{x}',
    none: '无',
    late: '未计入：在此之前已结束。',
    refused: '未计入：你不能在此作答。',
    fullNow: '未计入：名额已满。',
    failed: '未计入：{x}',
    denied: '你无权查看。',
    unsupported: '无法显示。',
    gone: '已不存在。',
    error: '加载失败。',
  },
};

/**
 * Adds the words of another kind of widget.
 *
 * @param {typeof words} more
 */
export function addWords(more) {
  for (const [lang, table] of Object.entries(more)) words[lang] = { ...table, ...words[lang] };
}

/**
 * Returns what says things in the language of an element.
 *
 * @param {HTMLElement} element
 */
export function speaker(element) {
  const named = languageAround(element) || navigator.language;
  const lang = supported(named) ?? supported(navigator.language) ?? 'en';
  const tableNow = () => words[lang] ?? words[lang.split('-')[0] ?? ''];
  const table = tableNow();
  // Numbers as the words: what no table speaks is said in English.
  const spoken = table ? lang : 'en';
  const numbers = new Intl.NumberFormat(spoken);
  const percents = new Intl.NumberFormat(spoken, { style: 'percent' });
  const plurals = new Intl.PluralRules(spoken);
  /**
   * @param {string} word
   * @param {number} [n]
   * @param {string} [x] what people wrote
   */
  const say = (word, n = 0, x = '') => {
    const found = table?.[word] ?? words.en?.[word] ?? '';
    const form =
      typeof found === 'string' ? found : (found[plurals.select(n)] ?? found.other ?? '');
    return form.replace('{n}', numbers.format(n)).replace('{x}', () => (x ? isolated(x) : ''));
  };
  const percent = (/** @type {number} */ share) => percents.format(share);
  const time = (/** @type {number} */ seconds) =>
    new Date(seconds * 1000).toLocaleString(spoken, { dateStyle: 'medium', timeStyle: 'short' });
  // A page adds a language behind this script, when its elements are there already.
  const isCurrent = () => tableNow() === table;
  return { lang: spoken, say, percent, time, isCurrent };
}

/**
 * A text without what could end its isolation: one that begins with a control that closes would
 * reverse what stands behind it.
 *
 * @param {string} text
 */
export const plain = (text) => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, '');

/**
 * A text in isolation, so that it turns nothing else around.
 *
 * @param {string} text
 */
export const isolated = (text) => `\u2068${plain(text)}\u2069`;

/**
 * What an element or one around it says, also outside of its shadow tree.
 *
 * @param {any} element
 * @returns {string | undefined}
 */
const languageAround = (element) =>
  element && (element.closest('[lang]')?.lang || languageAround(element.getRootNode().host));

/** @param {string} lang */
function supported(lang) {
  try {
    return Intl.NumberFormat.supportedLocalesOf(lang)[0];
  } catch {
    return undefined; // of the page, and no name of a language
  }
}
