const REDACTED = '[redacted]';

/** Names of variables of the environment and of query parameters that have secrets. */
const SECRET = /secret|passw|pwd|token|key|credential/i;

/** Variables of the shell whose names contain such a word, but that have folders. */
const FOLDERS = ['PWD', 'OLDPWD'];

/** Shorter values of the environment are words such as `true`, which messages contain anyway. */
const MIN_LENGTH = 6;

/**
 * Removes credentials from the message of an application: those of URLs and of `Authorization`, JWTs, and values such as `password=…`.
 * Also removes the values of variables of the environment whose names contain a word such as `SECRET`.
 */
export function redactText(text: string, environment: NodeJS.ProcessEnv = process.env): string {
  const secrets = Object.entries(environment).flatMap(([name, value = '']) =>
    SECRET.test(name) && !FOLDERS.includes(name) && value.length >= MIN_LENGTH ? [value] : [],
  );
  // The longest first, because it may contain another one.
  const clean = secrets
    .toSorted((a, b) => b.length - a.length)
    .reduce((result, secret) => result.replaceAll(secret, REDACTED), text);
  return (
    redactUrls(clean)
      // A word of a sentence has only small letters.
      .replaceAll(/\b((?:[Bb]asic|[Bb]earer|DPoP) +)(?=[a-z]*[^a-z\s])[\w.~+/-]{12,}=*/g, `$1${REDACTED}`)
      .replaceAll(/\beyJ[\w-]+(?:\.[\w-]*){1,4}/g, REDACTED)
      .replaceAll(
        /(([\w.-]+)=|"([\w.-]+)": *")[^&;,\s"'`<>]+/g,
        (match, start: string, name?: string, quoted?: string) =>
          SECRET.test(name ?? quoted ?? '') ? start + REDACTED : match,
      )
  );
}

/** Removes the user information and the secret parameters of URLs, such as `redis://user:password@host`. */
export function redactUrls(text: string): string {
  return (
    text
      // A password may contain "/" and "@" although it must not, so everything before the last "@" is removed.
      .replaceAll(/([a-z][a-z\d+.-]*:\/\/)[^\s"'`<>]*@/gi, `$1${REDACTED}@`)
      .replaceAll(/([?&;]([^=&\s]+)=)[^&;\s"'`<>]+/g, (match, start: string, name: string) =>
        SECRET.test(name) ? start + REDACTED : match,
      )
  );
}
