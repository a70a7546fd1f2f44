import { AuthConfigurationError } from '../../common/configuration.error.js';
import { BasicScheme } from '../basic/basic.scheme.js';
import { BearerScheme } from '../bearer/bearer.scheme.js';
import type { Scheme } from '../scheme.js';
import { BasicStrategy } from './basic.strategy.js';
import { BearerStrategy } from './bearer.strategy.js';
import { StrategyScheme } from './passport.strategy.js';
import type { PassportRegistry } from './strategy.js';

/**
 * Registers the schemes in Passport, so that `AuthGuard('basic')` of @nestjs/passport calls them.
 *
 * @throws AuthConfigurationError if two strategies have the same name
 */
export function registerStrategies(schemes: readonly Scheme[], passport: PassportRegistry): void {
  const names = new Set<string>();
  for (const scheme of schemes) {
    const strategy = strategyOf(scheme);
    if (strategy === undefined) continue;
    const name = (scheme instanceof StrategyScheme ? strategy.name : undefined) ?? scheme.name.toLowerCase();
    if (names.has(name)) {
      throw new AuthConfigurationError(
        'ERR_AUTH_SCHEME_DUPLICATE',
        `schemes: two strategies are named "${name}"; rename one of them`,
      );
    }
    names.add(name);
    passport.use(name, strategy);
  }
}

/** The Passport strategy of a scheme; `undefined` for a scheme that the application wrote itself. */
function strategyOf(scheme: Scheme): { readonly name?: string } | undefined {
  if (scheme instanceof StrategyScheme) return scheme.strategy;
  if (scheme instanceof BasicScheme) return new BasicStrategy(scheme);
  if (scheme instanceof BearerScheme) return new BearerStrategy(scheme);
  return undefined;
}
