/** The place of the tenant in the issuer of metadata that all tenants of Entra ID share. */
const TENANT = '{tenantid}';

/** A GUID as Entra ID writes it. */
const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** Returns `true` if the identifier of an issuer has a place for the tenant. */
export function isTemplate(issuer: string): boolean {
  return issuer.includes(TENANT);
}

/**
 * Returns the identifier of the issuer of a token, which `iss` must equal. For a template this is the identifier of the token's
 * tenant, or `undefined` if `tid` is not a GUID (Microsoft, "Access tokens in the Microsoft identity platform", "Validate the issuer").
 */
export function issuerOf(issuer: string, { tid }: Readonly<Record<string, unknown>>): string | undefined {
  if (!isTemplate(issuer)) return issuer;
  return typeof tid === 'string' && GUID.test(tid) ? issuer.replace(TENANT, tid) : undefined;
}

/**
 * Checks the place of the tenant in an identifier. Returns an error message, or `undefined` if the identifier is valid.
 *
 * @param hasKeys `true` if the keys are found without the identifier
 */
export function templateProblem(issuer: string, hasKeys: boolean): string | undefined {
  if (!isTemplate(issuer)) return undefined;
  if (issuer.split(TENANT).length > 2) return `issuer must contain ${TENANT} only once`;
  return hasKeys
    ? undefined
    : `issuer contains ${TENANT}, so it has no metadata; set metadataUrl or jwks, or use entraId()`;
}
