/** The pattern of a gRPC method. */
export interface GrpcPattern {
  readonly service: string;
  readonly rpc: string;
  readonly streaming: string;
}

/** Returns `true` if a pattern comes from `@GrpcMethod()`, `@GrpcStreamMethod()` or `@GrpcStreamCall()`. */
export function isGrpcPattern(pattern: unknown): pattern is GrpcPattern {
  const { service, rpc, streaming } = (pattern ?? {}) as Partial<Record<keyof GrpcPattern, unknown>>;
  return [service, rpc, streaming].every((part) => typeof part === 'string');
}

/** Converts a pattern to a string: `/BooksService/Find` for gRPC, JSON for objects. */
export function textOf(pattern: unknown): string {
  if (isGrpcPattern(pattern)) return `/${pattern.service}/${pattern.rpc}`;
  if (typeof pattern === 'string') return pattern;
  return pattern instanceof RegExp ? String(pattern) : JSON.stringify(pattern);
}
