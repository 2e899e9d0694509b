export { correction } from './qr/options/corrections.mjs';
export { generate } from './qr/generate-nano.mjs';
