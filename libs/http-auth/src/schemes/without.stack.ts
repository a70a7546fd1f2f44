/** Creates an error without a stack, which V8 would take longer to collect than a 401 takes otherwise. */
export function withoutStack<T>(create: () => T): T {
  const { stackTraceLimit } = Error;
  // `Reflect.set()`, because an assignment throws if the intrinsics are frozen. The error then has a stack.
  Reflect.set(Error, 'stackTraceLimit', 0);
  try {
    return create();
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  }
}
