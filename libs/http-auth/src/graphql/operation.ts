/** A node of a parsed document. We do not import the types of graphql-js, which have more properties. */
interface Selection {
  readonly kind: string;
  readonly name?: { readonly value: string };
  readonly selectionSet?: SelectionSet | undefined;
  readonly directives?: readonly Directive[] | undefined;
}

interface SelectionSet {
  readonly selections: readonly Selection[];
}

interface Directive {
  readonly name: { readonly value: string };
  readonly arguments?: readonly { readonly name: { readonly value: string }; readonly value: Value }[] | undefined;
}

interface Value {
  readonly kind: string;
  readonly value?: unknown;
  readonly name?: { readonly value: string };
}

/** An operation of a document. */
export interface OperationNode {
  readonly kind: string;
  readonly operation: 'query' | 'mutation' | 'subscription';
  readonly name?: { readonly value: string } | undefined;
  readonly selectionSet: SelectionSet;
  readonly variableDefinitions?:
    | readonly {
        readonly variable: { readonly name: { readonly value: string } };
        readonly defaultValue?: Value | undefined;
      }[]
    | undefined;
}

/** The fragments of a document by name. */
export type Fragments = Readonly<Record<string, { readonly selectionSet: SelectionSet } | undefined>>;

/** A parsed document. */
export interface DocumentNode {
  readonly definitions: readonly { readonly kind: string }[];
}

/** One operation with everything that decides which fields it executes. */
export interface Operation {
  readonly node: OperationNode;
  readonly fragments: Fragments;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Returns the operation that a request executes, or `undefined` if the document does not have it.
 *
 * @param operationName the name in the request; a document with one operation does not need it
 */
export function operationOf({ definitions }: DocumentNode, operationName: unknown): OperationNode | undefined {
  const operations = definitions.filter((one): one is OperationNode => one.kind === 'OperationDefinition');
  if (typeof operationName === 'string') return operations.find(({ name }) => name?.value === operationName);
  return operations.length === 1 ? operations[0] : undefined;
}

/** Returns the fragments of a document. */
export function fragmentsOf({ definitions }: DocumentNode): Fragments {
  const fragments = definitions.filter((one) => one.kind === 'FragmentDefinition') as unknown as {
    name: { value: string };
    selectionSet: SelectionSet;
  }[];
  return Object.fromEntries(fragments.map((one) => [one.name.value, one]));
}

/**
 * Returns the names of the root fields that an operation executes, without the fields of introspection and `__typename`. Each
 * fragment is read once, so the work is at most the size of the document.
 */
export function rootFieldsOf({ node, fragments, variables }: Operation): readonly string[] {
  const fields = new Set<string>();
  const spread = new Set<string>();
  const walk = ({ selections }: SelectionSet): void => {
    for (const selection of selections) {
      if (!isExecuted(selection, node, variables)) continue;
      const name = selection.name?.value ?? '';
      if (selection.kind === 'Field') {
        if (!name.startsWith('__')) fields.add(name);
      } else if (selection.kind === 'InlineFragment') {
        if (selection.selectionSet !== undefined) walk(selection.selectionSet);
      } else if (!spread.has(name)) {
        spread.add(name);
        const fragment = fragments[name];
        if (fragment !== undefined) walk(fragment.selectionSet);
      }
    }
  };
  walk(node.selectionSet);
  return [...fields];
}

/** Returns `false` if `@skip` or `@include` excludes a selection. */
function isExecuted({ directives = [] }: Selection, node: OperationNode, variables: Operation['variables']): boolean {
  return directives.every(({ name, arguments: args = [] }) => {
    if (name.value !== 'skip' && name.value !== 'include') return true;
    const value = args.find((one) => one.name.value === 'if')?.value;
    // A value that is not known excludes nothing.
    const condition = value && conditionOf(value, node, variables);
    return condition === undefined || condition === (name.value === 'include');
  });
}

function conditionOf(value: Value, node: OperationNode, variables: Operation['variables']): boolean | undefined {
  if (value.kind !== 'Variable') return typeof value.value === 'boolean' ? value.value : undefined;
  const name = value.name?.value ?? '';
  const given = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (typeof given === 'boolean') return given;
  const definition = node.variableDefinitions?.find(({ variable }) => variable.name.value === name);
  return typeof definition?.defaultValue?.value === 'boolean' ? definition.defaultValue.value : undefined;
}
