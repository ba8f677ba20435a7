// Lines of the SDK, and what stands there in one that breaks a promise.
import { readFile } from 'node:fs/promises';

export const BREAKS = [
  {
    name: 'a cursor jumps a gap',
    file: 'tracked.js',
    before: 'if (!this.stale) this.cursor = ',
    after: 'this.cursor = ',
  },
  {
    name: 'who comes back to a group is not told what it missed',
    file: 'extensions.js',
    before: 'tracked.stale ||= away;',
    after: '',
  },
  {
    name: 'an older value overwrites a newer one',
    file: 'view.js',
    before: 'if (vanished || seq > Math.max(old.seq, floor)) return',
    after: 'if (vanished || seq !== old.seq) return',
  },
];

/**
 * The broken text of a file of the SDK. It throws if the file has not got the line, or has it more
 * than once: a break that changes nothing is caught by nobody, or by chance.
 *
 * @param {string} path of the file
 * @param {(typeof BREAKS)[number]} broken
 */
export async function breakFile(path, { file, before, after }) {
  const text = await readFile(path, 'utf8');
  if (text.split(before).length !== 2) throw new Error(`${file} has not got once: ${before}`);
  return text.replace(before, () => after);
}
