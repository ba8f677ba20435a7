import { addWords } from './words.js';

// What chains and surveys say of texts that are longer than the hub takes. Polls have none.
addWords({
  en: { long: { one: 'Too long by {n} byte', other: 'Too long by {n} bytes' } },
  zh: { long: '超出 {n} 字节' },
});

const encoder = new TextEncoder();

/** @param {string} text */
export const byteLength = (text) => encoder.encode(text).length;
