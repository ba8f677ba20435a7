// What the demo says, by language. The page's own words are in index.html, in English; what
// replaces them in another language is here, beside what scripts say. What only the room says is in
// roomwords.js, which is loaded with it.

/** @type {Record<string, Record<string, string | Record<string, string>>>} */
export const words = {
  en: {
    drink: 'What shall we drink?',
    tea: 'Tea',
    coffee: 'Coffee',
    water: 'Water is fine',
    whatever: 'Whatever is open',
    cut: 'Cut my connection',
    mend: 'Connect again',
    allIn: { one: 'The one vote is in.', other: 'All {n} votes are in.' },
    why_crowd:
      '{n} people vote within four seconds, each over a connection of their own. The hub answers ' +
      'each when the vote is on the disk, and tells everybody what they come to as often as it ' +
      'can, not {n} times. Every change has a Seq, one higher than the last.',
    why_cut:
      'Your line is cut, and none comes about. Vote: the vote waits here. When you connect again, ' +
      'it leaves, and the page asks only for what has changed behind the last Seq that it knows.',
    why_mended: 'Connected again. The page has asked for what it missed, and sent what waited.',
    why_conflict:
      'A second window, which is you as well, has just voted, and this one voted before it heard ' +
      'of that. Its vote names a Seq that is not the last any more, so the hub refuses it (23001) ' +
      'and says what there is now. Nothing is lost silently: you are asked.',
    why_nothing: 'There is no open poll to try it on. Make one first.',
    noFrames: 'Nothing yet.',
    sent: 'sent',
    received: 'received',
    answer: 'answer',
    refused: 'refused',
    noName: 'Please type a name.',
    longName: {
      one: 'A name has at most one character.',
      other: 'A name has at most {n} characters.',
    },
    noHub: 'The hub cannot be reached. Is it running?',
    noDemo: 'This hub does not run the demo: start it with --demo.',
    notYou: 'The hub lets nobody in: {x}',
    somethingWrong: 'Something went wrong.',
    error_60007: 'The hub is busy. Please wait a moment.',
    error_70001: 'The permission to use this name has expired.',
    error_2800: 'The connection was lost. Check whether it was saved before you try again.',
    error_2801: 'The hub did not answer in time. Check whether it was saved before you try again.',
    error_2805: 'Not saved: there is no connection to the hub.',
  },
  zh: {
    ask: '问问大家，',
    watch: '看答案实时到来。',
    lead: '投票、接龙、问卷，在每个打开它的窗口里实时更新。',
    drink: '我们喝什么？',
    tea: '茶',
    coffee: '咖啡',
    water: '白水就好',
    whatever: '有什么喝什么',
    try: '试试看',
    crowd: '让 50 人来投票',
    cut: '断开我的连接',
    mend: '重新连接',
    conflict: '制造一次冲突',
    panel: '发生了什么',
    line: '我与服务器之间的消息，最新的在前',
    frames: '消息帧',
    hide: '收起',
    name: '你的名字',
    enter: '进入',
    allIn: '{n} 票已全部计入。',
    why_crowd:
      '{n} 个人在四秒内投票，每人各用一条连接。每一票写入磁盘后，服务器才给出答复；' +
      '票数会尽快告知所有人，但不会通知 {n} 次。每次更改都有一个 Seq，比上一个大一。',
    why_cut:
      '你的连接已断开，也不会自动恢复。现在投票，这一票会在这里等待；重新连接后它会发出，' +
      '页面只询问所知的最后一个 Seq 之后的更改。',
    why_mended: '已重新连接。页面已取回错过的更改，并发出了等待中的内容。',
    why_conflict:
      '另一个窗口（也是你）刚刚投了票，而本窗口在得知之前也投了票。这一票所带的 Seq 已不是最新，' +
      '所以服务器拒绝了它（23001），并告知现在的内容。什么都不会悄悄丢失：由你决定。',
    why_nothing: '没有进行中的投票可以试，请先发起一个。',
    noFrames: '还没有消息。',
    sent: '发出',
    received: '收到',
    answer: '答复',
    refused: '拒绝',
    noName: '请输入名字。',
    longName: '名字最多 {n} 个字符。',
    noHub: '无法连接服务器，它在运行吗？',
    noDemo: '这个服务器没有开启演示，请用 --demo 启动。',
    notYou: '服务器拒绝进入：{x}',
    somethingWrong: '出了点问题。',
    error_60007: '服务器正忙，请稍候。',
    error_70001: '使用这个名字的许可已过期。',
    error_2800: '连接已断开。重试之前，请先确认是否已保存。',
    error_2801: '服务器没有及时答复。重试之前，请先确认是否已保存。',
    error_2805: '未保存：没有与服务器的连接。',
  },
};

/** Adds the words of another part of the page. */
export function addWords(more) {
  for (const [lang, table] of Object.entries(more)) Object.assign(words[lang], table);
}

/** The table of a language, also of one of a region. */
const tableOf = (lang) => words[lang.toLowerCase().split('-')[0]];

/**
 * Sets the page's language: that of ?lang=, else the first of the reader's that there is. Widgets
 * follow it by themselves.
 */
export function setLanguage(root = document.documentElement) {
  const asked = new URLSearchParams(location.search).get('lang');
  const lang = [asked, ...navigator.languages].find(
    (one) => one && isLanguage(one) && tableOf(one),
  );
  root.lang = lang ?? 'en';
  const table = tableOf(root.lang);
  for (const element of root.querySelectorAll('[data-say]')) {
    const said = table[element.dataset.say];
    if (said) element.textContent = said;
  }
  for (const element of root.querySelectorAll('[data-label]')) {
    const said = table[element.dataset.label];
    if (said) element.setAttribute('aria-label', said);
  }
}

function isLanguage(name) {
  try {
    return Intl.NumberFormat.supportedLocalesOf(name).length > 0;
  } catch {
    return false; // of an address, and no name of a language
  }
}

/** The page's language. */
export const language = () => globalThis.document?.documentElement.lang || 'en';

const find = (word) => tableOf(language())[word] ?? words.en[word];

/** Whether there is such a word. */
export const hasWord = (word) => find(word) !== undefined;

/** Says a word. {n} is a number, {x} what people wrote. */
export function say(word, n = 0, x = '') {
  const found = find(word);
  const form =
    typeof found === 'string'
      ? found
      : (found[new Intl.PluralRules(language()).select(n)] ?? found.other);
  return form
    .replaceAll('{n}', () => new Intl.NumberFormat(language()).format(n))
    .replaceAll('{x}', () => (x ? isolated(x) : ''));
}

/** A phrase with elements in it, each in the place of its name in braces. */
export const phrase = (word, elements) =>
  say(word)
    .split(/(\{\w+\})/)
    .map((piece) => (piece.startsWith('{') ? elements[piece.slice(1, -1)] : piece));

/** A time of day. */
export const timeOfDay = (date) => date.toLocaleTimeString(language(), { timeStyle: 'short' });

/**
 * A text without what could end its isolation: one that begins with a control that closes would
 * reverse what stands behind it.
 */
export const plain = (text) => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, '');

/** A text in isolation, so that it turns nothing else around. */
const isolated = (text) => `\u2068${plain(text)}\u2069`;
