import { EVENT, TYPES, VERSION } from './constants.js';
import { create } from './create.js';

export { CODES } from './codes.js';
export default Object.freeze({ create, EVENT, TYPES, VERSION });
