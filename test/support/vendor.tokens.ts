import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import {
  auth0,
  betterAuth,
  cognito,
  entraId,
  google,
  type JwtIssuer,
  keycloak,
  oidcProvider,
  okta,
} from 'nestjs-http-auth/jwt';
import { jwkOf, newKey, now, type SigningKey } from './issuer.js';

/** A token as the vendor issues it. */
export interface VendorToken {
  claims: JWTPayload;
  header?: Partial<JWTHeaderParameters>;
  key?: SigningKey;
}

/** A vendor: its preset, its documents, and tokens that the preset must accept or refuse. */
export interface VendorCase {
  issuer: JwtIssuer;
  documents: Record<string, object>;
  accepted: Record<string, VendorToken>;
  refused: Record<string, VendorToken & { why: string }>;
}

const rsa = newKey('rsa', 'RS256');
const consumers = newKey('consumers', 'RS256');
const eddsa = newKey('eddsa', 'EdDSA');
export const jwks = (...keys: SigningKey[]) => ({ keys: keys.map((key) => jwkOf(key)) });

const ID_TOKEN = 'The token is an ID token, not an access token';
const AUDIENCE = 'The token is not for this audience';
const ISSUER = 'The issuer of the token is not trusted';
const CLIENT = 'The client of the token is missing, or not allowed';
const CLAIM = 'A claim of the token is missing or invalid';
const TYPE = 'The token is of another type';

const times = () => ({ iat: now(), exp: now() + 300 });

/** The vendors by their names. */
export const VENDORS: Record<string, () => VendorCase> = {
  Keycloak: () => {
    const iss = 'https://login.example/realms/staff';
    // A token of Keycloak 26 for a user.
    const access = {
      ...times(),
      auth_time: now(),
      jti: 'onrtac:8a7c',
      iss,
      aud: ['reports', 'account'],
      sub: '4f5a',
      typ: 'Bearer',
      azp: 'spa',
      sid: 'b1c2',
      acr: '1',
      realm_access: { roles: ['offline_access'] },
      scope: 'openid profile email',
      preferred_username: 'alice',
    };
    const { scope: _scope, realm_access: _roles, ...common } = access;
    return {
      issuer: keycloak({ url: 'https://login.example', realm: 'staff', audience: 'reports' }),
      documents: {
        [`${iss}/.well-known/openid-configuration`]: {
          issuer: iss,
          jwks_uri: `${iss}/protocol/openid-connect/certs`,
        },
        [`${iss}/protocol/openid-connect/certs`]: jwks(rsa),
      },
      accepted: {
        'an access token': { claims: access },
        'an access token of a service account': { claims: { ...access, client_id: 'job', azp: 'job', scope: 'email' } },
        'an access token of Keycloak 24, which has a nonce': { claims: { ...access, nonce: 'n' } },
        'a lightweight access token, which has no scope': {
          claims: { ...times(), iss, aud: 'reports', sub: 'x', typ: 'Bearer', azp: 'spa' },
        },
      },
      refused: {
        'an ID token of a client with the name of the audience': {
          claims: { ...common, aud: 'reports', typ: 'ID', at_hash: 'h' },
          why: ID_TOKEN,
        },
        'an ID token without at_hash': { claims: { ...common, aud: 'reports', typ: 'ID' }, why: ID_TOKEN },
        'a logout token': {
          claims: { ...common, aud: 'reports', typ: 'Logout' },
          header: { typ: 'logout+jwt' },
          why: TYPE,
        },
        'a token of another kind': { claims: { ...common, aud: 'reports', typ: 'Offline' }, why: CLAIM },
        'a token for the default audience': { claims: { ...access, aud: 'account' }, why: AUDIENCE },
        'a token of another realm': { claims: { ...access, iss: 'https://login.example/realms/other' }, why: ISSUER },
      },
    };
  },

  'Keycloak at an internal URL': () => {
    const iss = 'http://localhost:8080/realms/staff';
    const access = { ...times(), iss, aud: 'reports', sub: '4f5a', typ: 'Bearer', azp: 'spa', scope: 'openid' };
    return {
      issuer: {
        ...keycloak({
          url: 'http://localhost:8080/',
          realm: 'staff',
          audience: 'reports',
          clients: ['spa'],
          internalUrl: 'http://keycloak:8080',
        }),
        allowInsecureHttp: true,
      },
      documents: { 'http://keycloak:8080/realms/staff/protocol/openid-connect/certs': jwks(rsa) },
      accepted: { 'an access token': { claims: access } },
      refused: {
        'a token of another client': { claims: { ...access, azp: 'other' }, why: CLIENT },
        'a token whose issuer is the internal URL': {
          claims: { ...access, iss: 'http://keycloak:8080/realms/staff' },
          why: ISSUER,
        },
      },
    };
  },

  Auth0: () => {
    const iss = 'https://example.eu.auth0.com/';
    const access = {
      ...times(),
      iss,
      sub: 'auth0|123456',
      aud: ['https://api.example', 'https://example.eu.auth0.com/userinfo'],
      azp: 'my_client_id',
      scope: 'openid profile read:reports',
    };
    const { azp: _azp, scope: _scope, ...common } = access;
    return {
      issuer: auth0({ domain: 'example.eu.auth0.com', audience: 'https://api.example' }),
      documents: {
        [`${iss}.well-known/openid-configuration`]: { issuer: iss, jwks_uri: `${iss}.well-known/jwks.json` },
        [`${iss}.well-known/jwks.json`]: jwks(rsa),
      },
      accepted: {
        'an access token of the profile of Auth0': { claims: access },
        'an access token of RFC 9068': {
          claims: { ...common, client_id: 'my_client_id', jti: '73Wa', scope: 'openid' },
          header: { typ: 'at+jwt' },
        },
        'a token of client credentials': {
          claims: { ...common, aud: 'https://api.example', azp: 'job', gty: 'client-credentials' },
        },
      },
      refused: {
        'an ID token': { claims: { ...common, aud: 'my_client_id', nonce: 'n' }, why: ID_TOKEN },
        'an ID token without a nonce': { claims: { ...common, aud: 'my_client_id' }, why: AUDIENCE },
        'an ID token of a client with the name of the audience': {
          claims: { ...common, aud: 'https://api.example' },
          why: CLIENT,
        },
        'a token for another API': { claims: { ...access, aud: 'https://other.example' }, why: AUDIENCE },
        'a token of another tenant': { claims: { ...access, iss: 'https://other.eu.auth0.com/' }, why: ISSUER },
      },
    };
  },

  Okta: () => {
    const iss = 'https://example.okta.com/oauth2/default';
    const access = {
      ...times(),
      ver: 1,
      jti: 'AT.0mP4',
      iss,
      aud: 'api://default',
      sub: 'alice@example.com',
      cid: 'nmdP1fcyvdVO11AL7ECm',
      uid: '00ujmkLgagxeRrAg20g3',
      scp: ['openid', 'reports'],
    };
    const { cid: _cid, scp: _scp, uid: _uid, ...common } = access;
    return {
      issuer: okta({ domain: 'example.okta.com', audience: 'api://default' }),
      documents: {
        [`${iss}/.well-known/openid-configuration`]: { issuer: iss, jwks_uri: `${iss}/v1/keys` },
        [`${iss}/v1/keys`]: jwks(rsa),
      },
      accepted: { 'an access token': { claims: access } },
      refused: {
        'an ID token': { claims: { ...common, aud: access.cid, at_hash: 'h', amr: ['pwd'] }, why: ID_TOKEN },
        'an ID token without at_hash': { claims: { ...common, amr: ['pwd'] }, why: CLIENT },
        'a token for another API': { claims: { ...access, aud: 'api://other' }, why: AUDIENCE },
        'a token of the org authorization server': {
          claims: { ...access, iss: 'https://example.okta.com' },
          why: ISSUER,
        },
        'a token of another authorization server': {
          claims: { ...access, iss: 'https://example.okta.com/oauth2/aus1' },
          why: ISSUER,
        },
      },
    };
  },

  'Amazon Cognito': () => {
    const iss = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example';
    const access = {
      ...times(),
      sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      'cognito:groups': ['testgroup'],
      iss,
      version: 2,
      client_id: '1example23456789',
      origin_jti: 'o',
      event_id: 'e',
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin openid',
      auth_time: now(),
      jti: 'j',
      username: 'my-test-user',
    };
    const { client_id: client, scope: _scope, ...common } = access;
    return {
      issuer: cognito({ userPoolId: 'eu-west-1_Example', clients: ['1example23456789'] }),
      documents: {
        [`${iss}/.well-known/openid-configuration`]: { issuer: iss, jwks_uri: `${iss}/.well-known/jwks.json` },
        [`${iss}/.well-known/jwks.json`]: jwks(rsa),
      },
      accepted: { 'an access token': { claims: access } },
      refused: {
        'an ID token': { claims: { ...common, aud: client, token_use: 'id', at_hash: 'h' }, why: ID_TOKEN },
        'a token without token_use': { claims: { ...access, token_use: undefined }, why: CLAIM },
        'a token of another app client': { claims: { ...access, client_id: 'other' }, why: CLIENT },
        'a token without a client': { claims: { ...access, client_id: undefined }, why: CLIENT },
        'a token of another user pool': { claims: { ...access, iss: `${iss}2` }, why: ISSUER },
      },
    };
  },

  'Entra ID, one tenant, version 2': () => {
    const tid = '8eaef023-2b34-4da1-9baa-8bc8c9d6a490';
    const iss = `https://login.microsoftonline.com/${tid}/v2.0`;
    const keys = `https://login.microsoftonline.com/${tid}/discovery/v2.0/keys`;
    const { access, id } = entraTokens(iss, tid);
    return {
      issuer: entraId({ tenant: tid, version: 2, audience: access.aud }),
      documents: {
        [`${iss}/.well-known/openid-configuration`]: { issuer: iss, jwks_uri: keys },
        [keys]: jwks(rsa),
      },
      accepted: {
        'an access token of a user': { claims: access },
        'an access token of an application': {
          claims: { ...access, scp: undefined, roles: ['Reports.Read'], idtyp: 'app' },
        },
      },
      refused: {
        'an ID token of the same app registration': { claims: id, why: CLIENT },
        'an ID token of the hybrid flow': { claims: { ...id, c_hash: 'h' }, why: ID_TOKEN },
        'an ID token with a nonce': { claims: { ...id, nonce: 'n' }, why: ID_TOKEN },
        'a token of version 1': {
          claims: { ...access, iss: `https://sts.windows.net/${tid}/`, ver: '1.0', azp: undefined, appid: 'x' },
          why: ISSUER,
        },
        'a token of another tenant': {
          claims: { ...access, iss: iss.replace('8eaef023', '82229342'), tid: tid.replace('8eaef023', '82229342') },
          why: ISSUER,
        },
        'a token for another API': {
          claims: { ...access, aud: '00000003-0000-0000-c000-000000000000' },
          why: AUDIENCE,
        },
      },
    };
  },

  'Entra ID, one tenant, version 1': () => {
    const tid = '8eaef023-2b34-4da1-9baa-8bc8c9d6a490';
    const iss = `https://sts.windows.net/${tid}/`;
    const keys = `https://login.microsoftonline.com/${tid}/discovery/keys`;
    const access = {
      ...times(),
      aud: 'api://reports',
      iss,
      acr: '1',
      amr: ['pwd'],
      appid: '75dbe77f-10a3-4e59-85fd-8c127544f17c',
      appidacr: '0',
      oid: 'o',
      scp: 'user_impersonation',
      sub: 's',
      tid,
      unique_name: 'alice',
      ver: '1.0',
    };
    const { appid: _appid, appidacr: _acr, scp: _scp, ...id } = access;
    return {
      issuer: entraId({ tenant: tid, version: 1, audience: 'api://reports' }),
      documents: {
        [`https://login.microsoftonline.com/${tid}/.well-known/openid-configuration`]: { issuer: iss, jwks_uri: keys },
        [keys]: jwks(rsa),
      },
      accepted: { 'an access token': { claims: access } },
      refused: {
        'an ID token': { claims: id, why: CLIENT },
        'a token of version 2': {
          claims: { ...access, iss: `https://login.microsoftonline.com/${tid}/v2.0`, ver: '2.0', azp: 'x' },
          why: ISSUER,
        },
      },
    };
  },

  'Entra ID, two tenants': () => {
    const [a, b, c] = ['8eaef023', '82229342', '91fd2a51'].map((first) => `${first}-2b34-4da1-9baa-8bc8c9d6a490`) as [
      string,
      string,
      string,
    ];
    const issuerOf = (tid: string) => `https://login.microsoftonline.com/${tid}/v2.0`;
    const { access } = entraTokens(issuerOf(a), a);
    const of = (tid: unknown, iss: string) => ({ claims: { ...access, iss, tid } });
    return {
      issuer: entraId({ tenant: [a, b], version: 2, audience: access.aud }),
      documents: multiTenant(),
      accepted: {
        'a token of the first tenant': of(a, issuerOf(a)),
        'a token of the second tenant': of(b, issuerOf(b)),
      },
      refused: {
        'a token of another tenant': { ...of(c, issuerOf(c)), why: CLAIM },
        'a token whose tid is of another tenant': { ...of(a, issuerOf(c)), why: ISSUER },
        'a token whose iss is of another tenant': { ...of(c, issuerOf(a)), why: ISSUER },
        'a token without tid': { ...of(undefined, issuerOf(a)), why: ISSUER },
        'a token whose iss is the template': { ...of('{tenantid}', issuerOf('{tenantid}')), why: ISSUER },
        'a token whose tid has a path': { ...of(`${a}/../${b}`, issuerOf(`${a}/../${b}`)), why: ISSUER },
        'a token whose tid is a list': { ...of([a], issuerOf(a)), why: ISSUER },
      },
    };
  },

  'Entra ID, all tenants': () => {
    const personal = '9188040d-6c67-4c5b-b112-36a304b66dad';
    const tid = '8eaef023-2b34-4da1-9baa-8bc8c9d6a490';
    const issuerOf = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`;
    const { access } = entraTokens(issuerOf(tid), tid);
    const account = { ...access, iss: issuerOf(personal), tid: personal };
    return {
      issuer: entraId({ tenant: 'common', version: 2, audience: access.aud }),
      documents: multiTenant(),
      accepted: {
        'a token of any tenant': { claims: access },
        'a token of a personal account, by the key of personal accounts': { claims: account, key: consumers },
      },
      refused: {
        'a token of a tenant, by the key of personal accounts': {
          claims: access,
          key: consumers,
          why: 'The key of the token is not known',
        },
        'a token whose tid is not a GUID': {
          claims: { ...access, iss: issuerOf('common'), tid: 'common' },
          why: ISSUER,
        },
      },
    };
  },

  Google: () => {
    const iss = 'https://accounts.google.com';
    // The example of "Authentication for push subscriptions".
    const token = {
      ...times(),
      aud: 'https://example.com',
      azp: '113774264463038321964',
      email: 'gae-gcp@appspot.gserviceaccount.com',
      email_verified: true,
      iss,
      sub: '113774264463038321964',
    };
    return {
      issuer: google({ audience: 'https://example.com', emails: ['gae-gcp@appspot.gserviceaccount.com'] }),
      documents: {
        [`${iss}/.well-known/openid-configuration`]: {
          issuer: iss,
          jwks_uri: 'https://www.googleapis.com/oauth2/v3/certs',
        },
        'https://www.googleapis.com/oauth2/v3/certs': jwks(rsa),
      },
      accepted: {
        'an ID token of a service account': { claims: token },
        'an ID token of Google sign-in': { claims: { ...token, nonce: 'n', at_hash: 'h' } },
      },
      refused: {
        'a token of another account': { claims: { ...token, email: 'eve@gmail.com' }, why: CLAIM },
        'a token whose address is not verified': { claims: { ...token, email_verified: false }, why: CLAIM },
        'a token without an address': { claims: { ...token, email: undefined }, why: CLAIM },
        'a token for another service': { claims: { ...token, aud: 'https://other.example' }, why: AUDIENCE },
        'an access token': { claims: token, header: { typ: 'at+jwt' }, why: TYPE },
      },
    };
  },

  'Better Auth': () => {
    const iss = 'https://app.example';
    const token = { ...times(), sub: 'u1', id: 'u1', email: 'alice@app.example', iss, aud: iss };
    return {
      issuer: betterAuth({ url: iss }),
      documents: { [`${iss}/api/auth/jwks`]: jwks(eddsa) },
      accepted: { 'a token of the plugin': { claims: token, key: eddsa } },
      refused: {
        'a token for another audience': {
          claims: { ...token, aud: 'https://other.example' },
          key: eddsa,
          why: AUDIENCE,
        },
        'an ID token of its OIDC provider': {
          claims: { ...token, aud: 'client', nonce: 'n' },
          key: eddsa,
          why: ID_TOKEN,
        },
      },
    };
  },

  'oidc-provider': () => {
    const iss = 'https://login.example';
    const access = {
      ...times(),
      iss,
      sub: 'alice',
      aud: 'https://api.example',
      client_id: 'spa',
      jti: 'j',
      scope: 'read',
    };
    const header = { typ: 'at+jwt' };
    return {
      issuer: oidcProvider({ issuer: iss, audience: 'https://api.example', clients: 'spa' }),
      documents: {
        [`${iss}/.well-known/openid-configuration`]: { issuer: iss, jwks_uri: `${iss}/jwks` },
        [`${iss}/jwks`]: jwks(rsa),
      },
      accepted: { 'an access token': { claims: access, header } },
      refused: {
        'an ID token': { claims: { ...access, scope: undefined, at_hash: 'h' }, why: TYPE },
        'a token of another client': { claims: { ...access, client_id: 'other' }, header, why: CLIENT },
      },
    };
  },
};

/** Returns an access token of version 2, as in "Access tokens in the Microsoft identity platform", and an ID token. */
function entraTokens(iss: string, tid: string) {
  const access = {
    ...times(),
    aud: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
    iss,
    aio: 'AXQA',
    azp: '75dbe77f-10a3-4e59-85fd-8c127544f17c',
    azpacr: '0',
    name: 'Abe Lincoln',
    oid: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
    preferred_username: 'abeli@microsoft.com',
    rh: 'I',
    scp: 'access_as_user',
    sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
    tid,
    uti: 'fqiBqXLPj0eQa82S-IYFAA',
    ver: '2.0',
  };
  const { azp: _azp, azpacr: _acr, scp: _scp, ...id } = access;
  return { access, id };
}

/** Returns the documents that all tenants share, with a key that is only for personal accounts. */
function multiTenant(): Record<string, object> {
  const base = 'https://login.microsoftonline.com';
  const of = (key: SigningKey, tenant: string) => ({ ...jwkOf(key), alg: undefined, issuer: `${base}/${tenant}/v2.0` });
  return {
    [`${base}/common/v2.0/.well-known/openid-configuration`]: {
      issuer: `${base}/{tenantid}/v2.0`,
      jwks_uri: `${base}/common/discovery/v2.0/keys`,
    },
    [`${base}/common/discovery/v2.0/keys`]: {
      keys: [of(rsa, '{tenantid}'), of(consumers, '9188040d-6c67-4c5b-b112-36a304b66dad')],
    },
  };
}

/** Returns a token as its vendor signs it. */
export function signed({ claims, header, key = rsa }: VendorToken): Promise<string> {
  const { kid, alg, privateKey } = key;
  return new SignJWT(claims).setProtectedHeader({ alg, kid, typ: 'JWT', ...header }).sign(privateKey);
}
