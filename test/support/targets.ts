import { files, folders } from './consumers.js';

/** A pseudo-random generator (mulberry32), so that a seed repeats a run. */
export class Random {
  constructor(private state: number) {}

  /** Returns an integer from 0 to `below - 1`. */
  below(below: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}

const separators = [
  '//',
  '///',
  '%2f',
  '%2F',
  '%252f',
  '%25252f',
  '\\',
  '%5c',
  '%255C',
  '%ef%bc%8f',
  '/;x/',
  '/%3b/',
  ';/',
];
const dots = [
  './',
  '../',
  'x/../',
  '%2e%2e/',
  '.%2e/',
  '%2e/',
  '..;/',
  'x/..;a/',
  '%252e%252e/',
  'x/..%2f',
  '..%5c',
  'x/..%20/',
  '.../',
  '%e2%80%a5/',
];
const tails = [
  ';',
  ';x=1',
  ';a/b',
  '%3b',
  '%253bx',
  '%3Bx/y',
  '.',
  '..',
  '%20',
  '%2e',
  '. ',
  '%00',
  '%2500',
  '%09',
  '#',
  '#/x',
  '%23',
  '%2523x',
  '%3f',
  '%3Fx',
  '%253f',
  '?',
  '?x=/../secret',
  '?x=%zz',
  '/',
  '//',
  '%2f',
  '%e2%80%8c',
  '%EF%BB%BF',
  '%',
  '%zz',
  '%ff',
  '%c0%af',
  '%25',
  '::$DATA',
  '*',
  '+',
];
const heads = [
  '//h',
  '///h',
  '/%2Fh',
  '/%5ch',
  'http://h',
  'HTTP://h:80',
  'https://[::1]',
  'http://u@h',
  'http://h%2F',
  'http://h;',
  'http:',
  'ftp://h',
  '/x',
  '/x/..',
  '\\',
  '',
  '/.',
  '/;',
  '/http://h',
  '/%68ttp:%2f%2fh',
  '*',
  'h:80',
  '/open',
  '/OPEN',
  '/secret',
  '/open/inner',
];
const words = [
  'open',
  'inner',
  'lax',
  'secret',
  'Docs',
  'health',
  'home.txt',
  'b.txt',
  'c.txt',
  'x',
  'caf%C3%A9',
  'my%20docs',
  'payroll.csv',
];
const pieces = [...separators, ...dots, ...tails, ...words, '/', '/', '/', '/', '/'];

/** The beginnings: the files and the folders, as a browser writes them. */
const paths = [...files, ...folders, ...folders.map((folder) => `${folder}/x`)].map((path) => encodeURI(path));

/** Returns a target that is near to a path: some changes, each of which a consumer may ignore. Some targets are pieces only. */
export function targetOf(random: Random): string {
  if (random.below(5) === 0) {
    let target = random.below(6) === 0 ? random.of(heads) : '/';
    for (let count = random.below(7); count >= 0; count--) target += random.of(pieces);
    return target;
  }
  let target = random.of(paths);
  for (let count = random.below(5); count > 0; count--) target = change(target, random);
  return target;
}

function change(target: string, random: Random): string {
  const at = random.below(target.length + 1);
  const before = target.slice(0, at);
  const rest = target.slice(at);
  const slash = target.indexOf('/', at);
  switch (random.below(12)) {
    case 0:
    case 1:
      return before + encodeOnce(rest, random.of(['', '25', '2525'])); // the next character
    case 2:
      return before + swapCase(rest.slice(0, 1)) + rest.slice(1);
    case 3:
    case 4:
      return slash === -1 ? target : target.slice(0, slash) + random.of(separators) + target.slice(slash + 1);
    case 5:
    case 6:
      return slash === -1 ? target : target.slice(0, slash + 1) + random.of(dots) + target.slice(slash + 1);
    case 7:
      return slash === -1 ? target + random.of(tails) : target.slice(0, slash) + random.of(tails) + target.slice(slash);
    case 8:
      return target + random.of(tails);
    case 9:
      return random.of(heads) + target;
    case 10:
      return before + fullwidth(rest.slice(0, 1)) + rest.slice(1);
    default:
      return before + random.of(pieces) + rest;
  }
}

function encodeOnce(text: string, more: string): string {
  const code = text.charCodeAt(0);
  return code > 0x20 && code < 0x7f ? `%${more}${code.toString(16)}${text.slice(1)}` : text;
}

function swapCase(letter: string): string {
  return letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
}

/** The wide form of an ASCII character, which NFKC makes the plain one again. */
function fullwidth(character: string): string {
  return /^[!-~]$/.test(character) ? encodeURI(String.fromCharCode(character.charCodeAt(0) + 0xfee0)) : character;
}
