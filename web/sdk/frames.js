/**
 * JSON-RPC 2.0 as the hub speaks it: requests out; responses and notifications in, alone or,
 * after a login with `batch: true`, several in one array.
 *
 * @typedef {{ code: number, message: string, data?: any }} WireError
 * @typedef {{ id: number, result?: any, error?: WireError }} Response
 * @typedef {{ method: string, params: any }} Notification
 */

/**
 * @param {number} id
 * @param {string} method
 * @param {object} params
 */
export const encode = (id, method, params) =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });

/**
 * Reads a frame. Throws if it is not JSON-RPC 2.0. An error that answers no request in particular
 * has the id null, which no call waits for.
 *
 * @param {any} text
 * @returns {(Response | Notification)[]}
 */
export function decode(text) {
  const frame = JSON.parse(text); // a binary one is no JSON
  const items = Array.isArray(frame) ? frame : [frame];
  for (const item of items) {
    if (item?.jsonrpc !== '2.0' || !('id' in item || 'method' in item)) {
      throw new Error('The hub sent a frame that is not JSON-RPC 2.0.');
    }
  }
  return items;
}

/**
 * @param {Response | Notification} item
 * @returns {item is Notification}
 */
export const isNotification = (item) => 'method' in item;
