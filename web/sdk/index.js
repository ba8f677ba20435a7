import { create } from './create.js';
import { EVENT, TSignaling, TYPES, VERSION } from './names.js';

export { ChatError } from './errors.js';
export default Object.freeze({ create, EVENT, TYPES, TSignaling, VERSION });
