// A real authorization server in another process. Tests kill it and start it again, with the same keys or with other keys.
// Every user signs in as alice and consents to every request, so that a client can run the whole code flow.

import { Provider } from 'oidc-provider';

// oidc-provider needs this function of Node 22, also on Node 20.
URL.parse ??= (url, base) => (URL.canParse(url, base) ? new URL(url, base) : null);

const { port, jwks, alg } = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;

/** Returns the options of a resource. Its tokens are JWTs, unless its path contains `/opaque`. */
const resourceServer = (resource) => ({
  scope: 'reports:read reports:write reports:publish',
  audience: resource,
  accessTokenFormat: new URL(resource).pathname.includes('/opaque') ? 'opaque' : 'jwt',
  accessTokenTTL: 3600,
  jwt: { sign: { alg } },
});

const provider = new Provider(issuer, {
  jwks,
  clients: [
    {
      client_id: 'service',
      client_secret: 'service-secret',
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    },
    // The client that may introspect tokens.
    { client_id: 'api', client_secret: 'api-secret', grant_types: [], response_types: [], redirect_uris: [] },
  ],
  enabledJWA: { dPoPSigningAlgValues: ['ES256', 'Ed25519', 'EdDSA', 'RS256', 'PS256'] },
  // A client may request more scopes than it has registered.
  extraClientMetadata: {
    properties: ['scope'],
    validator: (_context, _name, _value, client) => delete client.scope,
  },
  scopes: ['openid', 'offline_access', 'reports:read', 'reports:write', 'reports:publish'],
  findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
  // Access tokens name their session if the client has registered that logouts do.
  extraTokenClaims: ({ oidc }) => ({
    ...(oidc.entities.AuthorizationCode?.sid && { sid: oidc.entities.AuthorizationCode.sid }),
  }),
  // oidc-provider does not send requests to loopback addresses, unless its own dispatcher is left out.
  fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),
  features: {
    backchannelLogout: { enabled: true },
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
    registration: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context, resource) => resourceServer(resource),
      useGrantedResource: () => true,
    },
  },
  interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
});

provider.use((context, next) => (context.path.startsWith('/interaction/') ? interact(context) : next()));

async function interact(context) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(context.req, context.res);
  const { accountId } = session ?? {};
  const grant =
    (grantId && (await provider.Grant.find(grantId))) ?? new provider.Grant({ accountId, clientId: params.client_id });
  const result =
    prompt.name === 'login' ? { login: { accountId: 'alice' } } : { consent: await consent(grant, prompt.details) };
  await provider.interactionFinished(context.req, context.res, result, { mergeWithLastSubmission: true });
  context.respond = false;
}

async function consent(grant, { missingOIDCScope = [], missingResourceScopes = {} }) {
  grant.addOIDCScope(missingOIDCScope.join(' '));
  for (const [resource, scopes] of Object.entries(missingResourceScopes)) {
    grant.addResourceScope(resource, scopes.join(' '));
  }
  return { grantId: await grant.save() };
}

const server = provider.listen(port, '127.0.0.1', () => process.send?.('ready'));
process.on('disconnect', () => server.close(() => process.exit(0)));
