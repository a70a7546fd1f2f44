import { AuthConfigurationError } from '../common/configuration.error.js';
import { asksForCredentials, isRoot, type ResolverRoute } from './resolvers.js';

/**
 * Checks that Nest runs guards on the fields that have our decorators. Without guards, the decorators have no effect.
 *
 * @param routes the resolvers of one schema
 * @param enhancers the option `fieldResolverEnhancers` of `GraphQLModule`
 * @throws AuthConfigurationError `ERR_AUTH_UNGUARDED_ROUTE`; the message names the method
 */
export function checkFieldGuards(routes: readonly ResolverRoute[], enhancers: readonly string[] = []): void {
  if (enhancers.includes('guards')) return;
  const classesWithRoot = new Set(routes.filter(isRoot).map(({ controller }) => controller));
  for (const route of routes) {
    const { controller, handler, name } = route;
    // A decorator of a class is for its queries and mutations too, and so it has an effect if there is one.
    const isIgnored =
      asksForCredentials(handler) || (asksForCredentials(controller) && !classesWithRoot.has(controller));
    if (isRoot(route) || !isIgnored) continue;
    throw new AuthConfigurationError(
      'ERR_AUTH_UNGUARDED_ROUTE',
      `${controller.name}.${name}(): its decorators have no effect because Nest runs no guards on fields; ` +
        "set fieldResolverEnhancers: ['guards'] in GraphQLModule.forRoot()",
    );
  }
}
