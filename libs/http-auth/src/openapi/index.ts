/**
 * Adds the policies of all routes to the OpenAPI document of `@nestjs/swagger`.
 *
 * ```ts
 * import { documentHttpAuth } from 'nestjs-http-auth/openapi';
 * ```
 *
 * @module nestjs-http-auth/openapi
 */

export { documentHttpAuth } from './document.js';
