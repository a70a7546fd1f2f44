import { describe, expect, it } from '@jest/globals';
import { parse } from 'graphql';
import { type DocumentNode, fragmentsOf, operationOf, rootFieldsOf } from './operation.js';

const document = (source: string) => parse(source) as unknown as DocumentNode;

/** Returns the root fields of a document with one operation. */
function fieldsOf(source: string, variables: Record<string, unknown> = {}): readonly string[] {
  const parsed = document(source);
  const node = operationOf(parsed, undefined);
  if (node === undefined) throw new Error('no operation');
  return rootFieldsOf({ node, fragments: fragmentsOf(parsed), variables });
}

describe('The root fields of an operation', () => {
  it.each<[source: string, fields: string[], ...variables: Record<string, unknown>[]]>([
    ['{ a b: a c: b }', ['a', 'b']],
    ['{ a { b } }', ['a']],
    ['{ __typename __schema { types { name } } }', []],
    [
      '{ ...x } fragment x on Query { a ...y } fragment y on Query { b ... { c ... on Query { d } } }',
      ['a', 'b', 'c', 'd'],
    ],
    ['{ ...x ...x ...missing } fragment x on Query { a ...x }', ['a']],
    ['{ ...x @skip(if: true) ...x } fragment x on Query { a }', ['a']],
    ['{ a @skip(if: true) b @include(if: false) c @skip(if: false) d @include(if: true) }', ['c', 'd']],
    ['{ a @include(if: true) @skip(if: true) }', []],
    ['{ a @other(if: false) b @skip }', ['a', 'b']],
    ['query ($x: Boolean) { a @skip(if: $x) b @include(if: $x) }', ['a', 'b']],
    ['query ($x: Boolean = true) { a @skip(if: $x) b @include(if: $x) }', ['b']],
    ['query ($x: Boolean = true) { a @skip(if: $x) b @include(if: $x) }', ['a'], { x: false }],
    ['query ($toString: Boolean) { a @skip(if: $toString) }', ['a']],
    ['query ($x: Boolean) { a @skip(if: $x) }', ['a'], { x: 'true' }],
  ])('of %s are %j', (source, fields, ...[variables]) => {
    expect(fieldsOf(source, variables)).toEqual(fields);
  });
});

describe('The operation of a document', () => {
  const two = document('query a { a } mutation b { b } fragment c on Query { c }');

  it('is the one with the name, or the only one', () => {
    expect(operationOf(two, 'b')?.operation).toBe('mutation');
    expect(operationOf(document('{ a }'), undefined)?.operation).toBe('query');
    expect(operationOf(document('{ a }'), null)?.operation).toBe('query');
  });

  it('is not known if the name is missing or wrong', () => {
    for (const name of [undefined, null, 'c', '', 'constructor', 5]) expect(operationOf(two, name)).toBeUndefined();
    expect(operationOf(document('query a { a }'), 'b')).toBeUndefined();
  });
});
