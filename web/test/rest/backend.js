import { WebSocket } from 'ws';

/** Calls a REST command as a backend does. Resolves with its answer. */
export async function call(hub, { sdkappid, identifier, usersig }, command, body = {}) {
  const query = new URLSearchParams({
    sdkappid,
    identifier,
    usersig,
    random: '99999999',
    contenttype: 'json',
  });
  const response = await fetch(`${hub.url}/v4/${command}?${query}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  if (response.status !== 200) throw new Error(`HTTP ${response.status}`);
  return response.json();
}

/**
 * Logs in at the WebSocket door. Resolves with the code of the answer, 0 for success, or with the
 * close code if there is none.
 */
export function logIn(hub, { sdkappid, identifier, usersig }) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/ws`);
    const params = { sdkAppID: sdkappid, userID: identifier, userSig: usersig };
    socket.on('open', () =>
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'login', params })),
    );
    socket.on('message', (frame) => {
      resolve(JSON.parse(frame).error?.code ?? 0);
      socket.terminate();
    });
    socket.on('close', resolve);
    socket.on('error', reject);
  });
}
