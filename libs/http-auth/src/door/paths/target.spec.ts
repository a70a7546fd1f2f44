import { performance } from 'node:perf_hooks';
import { describe, expect, it } from '@jest/globals';
import { readTarget } from './target.js';

describe('readTarget()', () => {
  it.each([
    // Plain paths.
    '/',
    '/index.html',
    '/a.b/c.txt',
    '/.well-known/openid-configuration',
    '/.well-known/acme-challenge/Zx-_9',
    '/~user/public_html/',
    '/api/v1.2/users/42',
    '/compare/v1..2',
    '/compare/main...dev',
    '/a+b',
    '/a-b_c~d',
    "/it's",
    '/a,b,c',
    '/users/@me',
    '/user@example.com',
    '/urn:isbn:0451450523',
    '/projects/p1/messages:batchDelete',
    '/odata/Products(1)',
    "/odata/Products(Name='Milk')/Category",
    '/odata/$metadata',
    '/time/12:30:00',
    '/ipfs/QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPBdG',
    '/index.php/wiki/Main_Page',
    '/file.tar.gz',
    '/a/b/c/d/e/f/g/h/i/j/',
    '/wp-json/wp/v2/posts/',
    '/a..b/c..',
    '/_next/static/chunks/main-1a2b3c.js',
    // Queries stay as they are.
    '/search?q=50%',
    '/search?q=a b#c\\d',
    '/redirect?to=../../x',
    '/?url=https://a.example/?x=%zz',
    '/a?b?c',
    '/graphql?query={me{name}}',
    // Percent-encodings.
    '/@scope%2fname',
    '/@scope%2Fname/-/name-1.0.0.tgz',
    '/my%20file.pdf',
    '/caf%C3%A9',
    '/caf%c3%a9/men%c3%bc',
    '/%E4%BD%A0%E5%A5%BD/%E4%B8%96%E7%95%8C',
    '/%F0%9F%98%80',
    '/100%25',
    '/100%25%20off',
    '/a%2Bb%3Dc',
    '/file%20(1).txt',
    '/file[1].txt',
    '/_next/static/chunks/pages/%5Bslug%5D-1a2b.js',
    '/a%5B1%5D',
    '/quote%22s%22',
    '/C%23/basics',
    '/what%3F',
    '/AC%2FDC',
    '/a%3Bb',
    '/user%40example.com',
    '/api/projects/group%2Fsub%2Fproject/repository/files/src%2Fmain.ts',
    '/img/https%3A%2F%2Fa.example%2Fb.png%3Fw%3D100%26h%3D50',
    '/%E2%82%AC/%C2%A3',
    '/R%26D',
    '/back%5Cslash',
    '/base64/aGVsbG8%2Fd29ybGQ%3D%3D',
    '/%7Euser',
    '/%EF%BC%88%E6%A0%AA%EF%BC%89', // （株）
    '/{template}',
    '/a|b',
    // Empty segments and parameters.
    '//api',
    '/api//users',
    '/img/https://a.example/b.png',
    '/web/2024/http://a.example/',
    '/page;jsessionid=1A2B3C',
    '/cars;color=red;year=2020/owners;age=30',
    '/a;b',
    '/maps/@52.5,13.4,15z/data=!3m1!4b1',
    // Absolute forms, as proxies send them.
    'http://a.example/',
    'http://a.example:8080/docs?x=1',
    'https://a_b.example/docs',
    'http://[::1]:3000/docs',
    'HTTP://127.0.0.1/docs',
    // UTF-8 bytes that HTTP/2 brings in: one character for each byte.
    '/caf\u00c3\u00a9',
    '/\u00e4\u00bd\u00a0',
  ])('accepts %s', (target) => {
    expect(readTarget(target)).not.toHaveProperty('refused');
  });

  it.each([
    ['a control character', ['/a\tb', '/a\0', '/a\x7f', '/a%00', '/a%0d%0aX', '/a%7F', '/a%2500']],
    ['a space', ['/a b', '/a ']],
    ['a backslash', ['\\docs', '/docs\\a', 'http://h\\docs', '/\\h/docs']],
    ['a fragment', ['/docs#', '/#/../docs']],
    ['a malformed percent-encoding', ['/docs%', '/docs%2', '/%zz', '/%u002e']],
    ['bytes that are not UTF-8', ['/%ff', '/caf%E9', '/%c0%af', '/%ed%a0%80', '/caf\u00e9', '/\u20ac']],
    ['a dot segment', ['/.', '/..', '/a/./b', '/a/../b', '/a/..', '/../', '/a/.../b']],
    [
      'an encoded dot segment',
      ['/%2e', '/a/%2e%2e/b', '/a/.%2E', '/a%2f..%2fb', '/a%5c..%5cb', '/%252e%252e/', '/%25252e/'],
    ],
    [
      'a dot segment with parameters',
      ['/a/..;/b', '/a/..;x=1/b', '/a/;x/..;y', '/y/../secret/;a/../f.txt', '/a/.%3bx/b'],
    ],
    ['a dot segment with spaces or invisible characters', ['/a/..%20/b', '/a/.%e2%80%8c./b']],
    ['a dot segment of wide characters', ['/%EF%BC%8E%EF%BC%8E/b', '/%E2%80%A5/b', '/a%EF%BC%8F..%EF%BC%8Fb']],
    [
      'an absolute form without a plain authority',
      [
        'http://h%2Fsecret.txt',
        'http://u@h/',
        'http://u:p@h/x',
        'http:///x',
        'http://h;a/x',
        'http://h',
        'http://h?x',
        'http:/x',
        'http:x',
        'ftp://h/x',
        'http://[::1/x',
        'http://h:x/',
      ],
    ],
    ['no path', ['', '*', 'docs', 'h:443', '?x', '*docs']],
    [
      'too many readings',
      [`/${'%25'.repeat(200)}`, `/${'25'.repeat(200)}%25${'25'.repeat(200)}`, `/${';/'.repeat(4000)}`],
    ],
  ])('refuses %s', (_what, targets) => {
    const accepted = targets.filter((target) => !('refused' in readTarget(target)));
    expect(accepted).toEqual([]);
  });

  it.each([
    ['/@scope%2fname', ['/@scope%2fname', '/@scope/name']],
    ['//a/b', ['//a/b', '/b', '/a/b']],
    ['/a;x/b', ['/a;x/b', '/a', '/a/b']],
    ['/a%5Cb', ['/a%5Cb', '/a\\b', '/a/b']],
    ['/a%3Fb', ['/a%3Fb', '/a?b', '/a']],
    ['/caf%C3%A9/a%20b', ['/café/a b']],
  ])('reads %s as each consumer does', (target, exact) => {
    expect(readTarget(target)).toMatchObject({ exact });
  });

  it('folds case, compatible characters, and dots and spaces at the end', () => {
    expect(readTarget('/DOCS')).toEqual({ exact: ['/DOCS'], folded: ['/docs'] });
    expect(readTarget('/docs.')).toMatchObject({ folded: ['/docs'] });
    expect(readTarget('/docs%20/a')).toMatchObject({ folded: ['/docs/a'] });
    expect(readTarget('/%EF%BD%84ocs')).toMatchObject({ folded: ['/docs'] });
    expect(readTarget('/do%E2%80%8Ccs')).toMatchObject({ folded: ['/docs'] });
    expect(readTarget('/stra%C3%9Fe')).toMatchObject({ folded: ['/strasse'] });
  });

  it('keeps dot segments and also resolves them if dotSegments is true', () => {
    const dotSegments = true;
    expect(readTarget('/a/../b', { dotSegments })).toMatchObject({ exact: ['/a/../b', '/b'] });
    expect(readTarget('/a/%2e%2E/b', { dotSegments })).toMatchObject({ exact: ['/a/%2e%2E/b', '/a/../b', '/b'] });
    expect(readTarget('/../../b', { dotSegments })).toMatchObject({ exact: expect.arrayContaining(['/b']) });
    expect(readTarget('/a/..%20/b', { dotSegments })).toHaveProperty('refused');
  });

  it('takes little time for hostile targets of 8 KB', () => {
    const units = [
      '%25;/',
      '%252f;',
      'a%252f;b%3f%255c//',
      ';/',
      '/',
      '%25',
      '%61',
      '%ef%bc%8f',
      '%20',
      'a.',
      'a',
      '..;/',
      '/.',
    ];
    const targets = units.flatMap((unit) => [20, 64, 8000 / unit.length].map((times) => `/${unit.repeat(times)}`));
    for (const target of targets) {
      const begin = performance.now();
      for (let turn = 0; turn < 10; turn++) readTarget(target);
      expect([target.slice(0, 20), (performance.now() - begin) / 10 < 20]).toEqual([target.slice(0, 20), true]);
    }
  });
});
