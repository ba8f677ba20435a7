// The types that the SDK itself uses, as a module like eventnames.js. names.js has all for apps.

export const MSG_TEXT = 'TIMTextElem';
export const MSG_CUSTOM = 'TIMCustomElem';
export const MSG_PRIORITY_NORMAL = 'Normal';
export const CONV_C2C = 'C2C';
export const CONV_GROUP = 'GROUP';
export const GRP_WORK = 'Private';
export const KICKED_OUT_MULT_ACCOUNT = 'multipleAccount';
export const KICKED_OUT_MULT_DEVICE = 'multipleDevice';
export const KICKED_OUT_USERSIG_EXPIRED = 'userSigExpired';
export const KICKED_OUT_REST_API = 'REST_API_Kick';
