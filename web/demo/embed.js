// What a developer takes from a card: the widget's lines, the message, and the call that sends it.

/** The HTML that shows a message on another page. */
export function embedLines(kind, { ID }) {
  const script = new URL('widgets.js', document.baseURI).href;
  return `<script src="${script}" defer></script>\n<ext-${kind} message="${ID}"></ext-${kind}>`;
}

/** The message as an app of the SDK makes it. */
export function payloadOf({ to, payload, extensionRules }) {
  const message = { to, data: JSON.parse(payload.data), extensionRules };
  return JSON.stringify(message, null, 2);
}

/** The call that sends the same from a backend, whose UserSig stands in $sig. */
export function sendCommand({ to, payload, extensionRules }) {
  const url = new URL('v4/group_open_http_svc/send_group_msg', document.baseURI).href;
  const body = {
    GroupId: to,
    Random: 1,
    SupportMessageExtension: 1,
    MsgBody: [{ MsgType: 'TIMCustomElem', MsgContent: { Data: payload.data } }],
    ...(extensionRules && { ExtensionRules: capitals(extensionRules) }),
  };
  const query = '?sdkappid=$appid&identifier=$admin&usersig=$sig&random=1&contenttype=json';
  return `curl "${url}${query}" \\\n  -d ${quoted(JSON.stringify(body))}`;
}

/** The rules with the names that they have over REST. */
function capitals(value) {
  if (Array.isArray(value)) return value.map(capitals);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name[0].toUpperCase() + name.slice(1),
      capitals(one),
    ]),
  );
}

/** A text as one word of a shell, whatever people wrote into it. */
const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
