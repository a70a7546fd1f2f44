import { script } from './page.script.js';
import { style } from './page.style.js';

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%232456d6'/%3E%3Ccircle cx='8' cy='6.3' r='2.5' fill='white'/%3E%3Cpath d='M7 7h2l1 5.5H6z' fill='white'/%3E%3C/svg%3E";

/** The page. It is a module instead of an HTML file, because the compiler copies only modules to `dist`. */
export const page = /* html */ `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="description" content="Try every route of the reference application of nestjs-http-auth." />
    <title>nestjs-http-auth: try the routes</title>
    <link rel="icon" href="${icon}" />
    <style>${style}</style>
  </head>
  <body>
    <header>
      <p class="package">nestjs-http-auth</p>
      <h1>Who may enter?</h1>
      <p>
        A small API that one import protects. Choose who you are, try a route, and see the request, the status, and the
        challenges of the response.
      </p>
      <noscript><p><strong>The buttons need JavaScript.</strong> The terminal shows curl commands that do the same.</p></noscript>
    </header>
    <main>
      <section aria-labelledby="visitor-title">
        <h2 id="visitor-title">1. Choose who you are</h2>
        <form id="visitor" autocomplete="off">
          <fieldset>
            <legend>Nobody</legend>
            <label><input type="radio" name="visitor" value="nobody" checked /> No credentials</label>
          </fieldset>
          <fieldset>
            <legend>Basic: a username and a password</legend>
            <label><input type="radio" name="visitor" value="basic" data-username="alice" data-password="wonder:land" /> alice, <code>wonder:land</code></label>
            <label><input type="radio" name="visitor" value="basic" data-username="bob" data-password="builder" /> bob, <code>builder</code></label>
            <label><input type="radio" name="visitor" value="basic" data-username="alice" data-password="wrong" /> alice, a wrong password</label>
            <label><input type="radio" name="visitor" value="basic" data-fields="own-basic" /> My own</label>
            <div class="own" id="own-basic" hidden>
              <label>Username <input name="username" pattern="[^:]*" title="No colon: the first one ends the username" autocapitalize="none" spellcheck="false" /></label>
              <label>Password <input name="password" autocapitalize="none" spellcheck="false" /></label>
            </div>
          </fieldset>
          <fieldset>
            <legend>Bearer: a token</legend>
            <label><input type="radio" name="visitor" value="bearer" data-token="reader-token" /> <code>reader-token</code></label>
            <label><input type="radio" name="visitor" value="bearer" data-token="writer-token" /> <code>writer-token</code></label>
            <label><input type="radio" name="visitor" value="bearer" data-token="wrong-token" /> A wrong token</label>
            <label><input type="radio" name="visitor" value="bearer" data-fields="own-bearer" /> My own</label>
            <div class="own" id="own-bearer" hidden>
              <label>Token <input name="token" autocapitalize="none" spellcheck="false" /></label>
            </div>
          </fieldset>
        </form>
      </section>
      <section aria-labelledby="routes-title">
        <h2 id="routes-title">2. Try a route</h2>
        <ul class="routes">
          ${route('/', 'Everyone', 'This page. <code>@Public()</code> opens it.')}
          ${route('/health', 'Everyone', 'For monitoring systems. <code>@Public()</code> opens it.')}
          ${route('/me', 'Any scheme', 'Your name, and the scheme that authenticated you. Without a decorator, a route is closed.')}
          ${route('/greeting', 'Optional', 'Credentials are optional with <code>@OptionalAuth()</code>, but wrong credentials are rejected.')}
          ${route('/admin', 'Basic only', "<code>@Schemes('basic')</code>, in its own realm: <code>@Realm('Administration')</code>.")}
          ${route('/reports', 'Bearer only', "<code>@Schemes('bearer')</code>: a password is not enough. The token needs a scope: <code>@Scopes('reports:read')</code>.")}
          ${route('/reports', 'Bearer only', "<code>@Scopes('reports:write')</code>: a valid token without this scope gets a 403.", 'POST')}
          ${route('/files/handbook.txt', 'Any scheme', "A static file. Guards do not run for it, so <code>protect(app, '/files')</code> protects it.")}
        </ul>
      </section>
      <section aria-labelledby="prompt-title">
        <h2 id="prompt-title">3. Let the browser prompt</h2>
        <p>
          A browser prompts for a password if it gets a Basic challenge: <a href="/me">open /me</a>. If you cancel, it
          shows the body of the 401. If you sign in, it sends the password with further requests until you close it. The
          buttons above do not use this password.
        </p>
        <p>
          The API is documented in <a href="/docs">Swagger UI</a>, which has its own realm.
        </p>
      </section>
    </main>
    <template id="exchange">
      <h4>Sent</h4>
      <pre class="request"></pre>
      <h4>Challenges</h4>
      <pre class="challenges"></pre>
      <h4>Body</h4>
      <pre class="body" role="region" aria-label="Body of the response" tabindex="0"></pre>
    </template>
    <script type="module">${script}</script>
  </body>
</html>
`;

/** The markup of one route. The strings come from this file, so they do not need escaping. */
function route(path: string, who: string, explanation: string, method: 'GET' | 'POST' = 'GET'): string {
  return /* html */ `<li>
            <div class="route">
              <h3><code>${method} ${path}</code></h3>
              <p class="who">${who}</p>
              <p>${explanation}</p>
              <button type="button" data-method="${method}" data-path="${path}" aria-label="Try ${method} ${path}">Try</button>
            </div>
            <p class="status" role="status"></p>
            <div class="exchange"></div>
          </li>`;
}
