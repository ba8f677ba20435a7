import { EVENT, TSignaling, TYPES, VERSION } from './constants.js';
import { create } from './create.js';

export { ChatError } from './errors.js';
export default Object.freeze({ create, EVENT, TYPES, TSignaling, VERSION });
