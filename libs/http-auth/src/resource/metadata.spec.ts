import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { metadataUrlOf } from './metadata.js';
import { resourceProblem } from './resource.problem.js';

const servers = ['https://login.example.com'];

describe('The URL of the metadata', () => {
  it.each([
    ['https://resource.example.com', 'https://resource.example.com/.well-known/oauth-protected-resource'],
    ['https://resource.example.com/', 'https://resource.example.com/.well-known/oauth-protected-resource'],
    // The example of RFC 9728 section 3.1
    [
      'https://resource.example.com/resource1',
      'https://resource.example.com/.well-known/oauth-protected-resource/resource1',
    ],
    ['http://localhost:3000/a/b/', 'http://localhost:3000/.well-known/oauth-protected-resource/a/b/'],
  ])('[M-3] of %s is %s', (resource, url) => {
    expect(metadataUrlOf(resource).href).toBe(url);
  });

  it('[M-1][M-3][M-5] identifies exactly one resource for every valid resource', () => {
    const url = fc.webUrl({ validSchemes: ['https'], withQueryParameters: false, withFragments: false });
    fc.assert(
      fc.property(url, (text) => {
        fc.pre(resourceProblem({ url: text, authorizationServers: servers }) === undefined);
        const { href } = metadataUrlOf(text);
        expect(href.replace('/.well-known/oauth-protected-resource', '').replace(/\/$/, '')).toBe(
          text.replace(/\/$/, ''),
        );
      }),
    );
  });
});

describe('A resource', () => {
  it('[M-1] is https without a query, a fragment and a username if it is valid', () => {
    const url = fc.oneof(
      fc.webUrl({ validSchemes: ['https', 'http', 'ftp'], withFragments: true, withQueryParameters: true }),
      fc.webUrl({ authoritySettings: { withUserInfo: true } }),
      fc.string(),
    );
    fc.assert(
      fc.property(url, (text) => {
        fc.pre(resourceProblem({ url: text, authorizationServers: servers }) === undefined);
        const { protocol, search, hash, username, password } = new URL(text);
        expect({ protocol, search, hash, username, password }).toEqual({
          protocol: 'https:',
          search: '',
          hash: '',
          username: '',
          password: '',
        });
      }),
    );
  });
});
