// What the pages say, besides what the widget on them says.

const WORDS = {
  en: {
    share: 'Share this poll',
    copied: 'The address is copied.',
    scan: 'Scan to answer',
    hide: 'Hide results',
    close: 'Close poll',
    sure: 'Close the poll for good? Nobody can answer it any more.',
    yes: 'Close it',
    no: 'Leave it open',
    export: 'Save as CSV',
    full: 'Full screen',
    next: 'Next poll',
    failed: 'That did not work. Try again.',
  },
  zh: {
    share: '分享投票',
    copied: '链接已复制。',
    scan: '扫码投票',
    hide: '隐藏结果',
    close: '结束投票',
    sure: '确定结束投票吗？结束后无法再投票。',
    yes: '结束',
    no: '继续',
    export: '保存为 CSV',
    full: '全屏',
    next: '下一个投票',
    failed: '操作失败，请重试。',
  },
};

/** The page's words in its language. */
export const words =
  WORDS[/** @type {keyof typeof WORDS} */ (document.documentElement.lang)] ?? WORDS.en;

/** @param {string} id */
export const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * Says something to who looks and who listens.
 *
 * @param {string} sentence
 */
export function say(sentence) {
  element('said').textContent = sentence;
}

/** The address at which this message is answered. It carries nobody's identity. */
export function shareAddress() {
  const id = location.pathname.split('/').pop();
  return new URL(`../p/${id}`, location.origin + location.pathname).href;
}
