// The SDK's own codes. Errors of the hub keep the hub's code (codes.js).

export const NO_USER_ID = 2002;
export const NO_USER_SIG = 2003;
export const REPEAT_LOGIN = 2025;
export const NOT_A_MESSAGE = 2105;
export const BAD_CONVERSATION_TYPE = 2106;
export const LOST = 2800;
export const TIMEOUT = 2801;
export const OFFLINE = 2805;
export const ABSENT = 2998;
export const NOT_READY = 2999;
export const LOGGING_IN = 3000;
export const LOGIN_FAILED = 3001;
export const KICKED_DEVICE = 3002;
export const KICKED_ACCOUNT = 3003;
export const USER_SIG_EXPIRED = 3004;
export const LOGGED_OUT = 3005;
export const KICKED_REST = 3006;
