import { isText } from './errors.js';

/**
 * UserSig gets the UserSig; renewable, if asking again may give another one.
 *
 * @typedef {{ get: () => string | Promise<string>, renewable: boolean }} UserSig
 */

/** Milliseconds that the app's userSig function may take. */
export const USER_SIG_MS = 15_000;

/**
 * Asks the app's function, which may fail, give nothing, or never answer.
 *
 * @param {UserSig} userSig
 * @param {import('./rpc.js').Clock} clock
 */
export async function askUserSig({ get }, clock) {
  let timer;
  const late = new Promise((_, reject) => {
    const fail = () => reject(new Error(`userSig gave nothing within ${USER_SIG_MS} ms.`));
    timer = clock.setTimeout(fail, USER_SIG_MS);
  });
  try {
    const text = await Promise.race([get(), late]);
    if (!isText(text)) throw new Error('userSig gave no text.');
    return text;
  } finally {
    clock.clearTimeout(timer);
  }
}
