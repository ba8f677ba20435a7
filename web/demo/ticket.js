/** SignInError is thrown if the hub gives no UserSig. Its message is a sentence for people. */
class SignInError extends Error {}

/** Gets {sdkAppID, userID, userSig} for a userID. Only a hub with the demo gives them out. */
export async function fetchUserSig(userID) {
  let response;
  try {
    response = await fetch(`demo/usersig?user=${encodeURIComponent(userID)}`);
  } catch {
    throw new SignInError('The hub cannot be reached. Is it running?');
  }
  if (response.status === 404)
    throw new SignInError('This hub does not run the demo: start it with --demo.');
  if (!response.ok)
    throw new SignInError(
      `The hub refused this name: ${(await response.text()).trim() || response.statusText}`,
    );
  return response.json();
}
