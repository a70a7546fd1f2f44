import type { HttpRequest } from '../../http/request.js';
import { Failure } from '../failure.js';
import type { Scheme } from '../scheme.js';
import type { StrategyActions } from './strategy.js';

/** Runs a scheme as a Passport strategy: the outcome becomes one of Passport's actions. */
export function runScheme(scheme: Scheme, actions: StrategyActions, request: HttpRequest): void {
  scheme
    .authenticate(request, { scheme: scheme.name, route: 'passport', realm: undefined, required: true, scopes: [] })
    .then((outcome) => {
      if (outcome instanceof Failure) actions.fail(outcome, outcome.status);
      else actions.success(outcome.principal, outcome.info);
    })
    .catch((error: unknown) => actions.error(error));
}
