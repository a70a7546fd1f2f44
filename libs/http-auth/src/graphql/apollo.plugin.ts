import type { Checks } from './checks.js';
import { type DocumentNode, fragmentsOf, type OperationNode } from './operation.js';
import { wholeRefusal } from './refusal.js';
import type { Schema } from './schema.policies.js';

/** The parts of Apollo's `GraphQLRequestContext` that we use. */
interface RequestContext {
  readonly schema: Schema;
  readonly contextValue: unknown;
  readonly document: DocumentNode;
  readonly operation?: OperationNode;
  readonly requestIsBatched?: boolean;
  readonly request: { readonly variables?: Readonly<Record<string, unknown>> };
}

/** Returns the plugin of Apollo Server that refuses operations before they are executed. */
export function apolloPlugin(checks: Checks) {
  const didResolveOperation = async (context: RequestContext): Promise<void> => {
    const { operation: node, document, contextValue, schema, request, requestIsBatched } = context;
    // Without an operation, Apollo refuses the request.
    if (node === undefined) return;
    const operation = { node, fragments: fragmentsOf(document), variables: request.variables ?? {} };
    const refusal = await checks.ofOperation(contextValue, operation, schema);
    // All operations of a batch share one response, so one refusal does not decide its status.
    if (refusal !== undefined) throw wholeRefusal(refusal, 'apollo', requestIsBatched === true ? 200 : undefined);
  };
  return { requestDidStart: async () => ({ didResolveOperation }) };
}
