export { documentHttpAuth } from './document.js';
