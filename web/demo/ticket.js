import { say } from './words.js';

/** SignInError is thrown if the hub gives no UserSig. Its message is a sentence for people. */
class SignInError extends Error {}

/** Gets {sdkAppID, userID, userSig} for a userID. Only a hub with the demo gives them out. */
export async function fetchUserSig(userID) {
  let response;
  try {
    response = await fetch(`demo/usersig?user=${encodeURIComponent(userID)}`);
  } catch {
    throw new SignInError(say('noHub'));
  }
  if (response.status === 404) throw new SignInError(say('noDemo'));
  if (!response.ok)
    throw new SignInError(say('notYou', 0, (await response.text()).trim() || response.statusText));
  return response.json();
}
