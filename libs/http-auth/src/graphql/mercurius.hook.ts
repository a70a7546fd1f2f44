import type { ServerResponse } from 'node:http';
import { HttpException } from '@nestjs/common';
import type { Exchanges } from '../response/exchange.js';
import type { Checks } from './checks.js';
import { type DocumentNode, fragmentsOf, operationOf } from './operation.js';
import { codeOf, wholeRefusal } from './refusal.js';
import type { Schema } from './schema.policies.js';

/** The parts of Mercurius's context that we use. */
interface MercuriusContext {
  /** Fastify's reply; `undefined` on a WebSocket. */
  readonly reply?: {
    readonly request?: { readonly method: string; readonly body?: unknown; readonly query?: unknown };
  };
  /** The place of the operation in a batch. */
  readonly operationId?: number;
}

/** Mercurius's hook `preExecution`. */
export type PreExecution = (
  schema: Schema,
  document: DocumentNode,
  context: MercuriusContext,
  variables?: Readonly<Record<string, unknown>>,
) => Promise<void>;

/** Returns the hook of Mercurius that refuses operations before they are executed. */
export function mercuriusHook(checks: Checks): PreExecution {
  return async (schema, document, context, variables) => {
    const node = operationOf(document, operationNameOf(context));
    // If the operation is not known, the check of its first field decides.
    if (node === undefined) return;
    const operation = { node, fragments: fragmentsOf(document), variables: variables ?? {} };
    const refusal = await checks.ofOperation(context, operation, schema);
    if (refusal !== undefined) throw wholeRefusal(refusal, 'mercurius');
  };
}

function operationNameOf({ reply, operationId = 0 }: MercuriusContext): unknown {
  const { method, body, query } = reply?.request ?? {};
  const parameters = method === 'GET' ? query : Array.isArray(body) ? (body[operationId] as unknown) : body;
  return (parameters as { operationName?: unknown } | null | undefined)?.operationName;
}

/**
 * Adds the code to the exception of a request that a protected path refuses. Mercurius answers it as a GraphQL error, and creates
 * the context before.
 */
export function nameRefusal(exchanges: Exchanges, [, reply]: readonly unknown[]): void {
  const { raw } = (reply ?? {}) as { readonly raw?: ServerResponse };
  const error = raw && exchanges.find(raw)?.refusal?.error;
  if (error instanceof HttpException) Object.assign(error, { extensions: { code: codeOf(error.getStatus()) } });
}
