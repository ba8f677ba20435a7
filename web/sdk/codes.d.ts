/**
 * The meanings of the hub's error codes, and of its WebSocket's close codes (4000 to 4499). It is
 * a module of its own because most pages do without.
 */
export declare const CODES: Readonly<Record<number, string>>;
