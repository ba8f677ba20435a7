/** The address of a card: it names the message, and nobody. */
export const cardAddress = (kind, { ID }) => new URL(`./#${kind}/${ID}`, document.baseURI).href;

/** The card that the page's address names, as {kind, ID}, or null. */
export function namedCard(hash) {
  const [, kind, ID] = /^#(poll|chain|survey)\/([\w.=~-]+)$/.exec(hash) ?? [];
  return kind ? { kind, ID } : null;
}
