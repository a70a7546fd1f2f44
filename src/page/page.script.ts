/** The script of the page: plain JavaScript, which runs as it is written here. It must not contain template literals. */
export const script = String.raw`
const visitor = document.querySelector('#visitor');

/** Returns the selected radio button, which has the credentials in its data attributes. */
function chosen() {
  return visitor.querySelector('input[name="visitor"]:checked');
}

/** Returns the Authorization field of the selected visitor, or undefined without credentials. */
function authorization() {
  const { value: scheme, dataset } = chosen();
  // "My own" has no credentials in data attributes: the visitor types them into the form.
  const credentials = dataset.fields === undefined ? dataset : Object.fromEntries(new FormData(visitor));
  switch (scheme) {
    case 'basic':
      return 'Basic ' + base64(credentials.username + ':' + credentials.password);
    case 'bearer':
      return 'Bearer ' + credentials.token;
  }
}

/** Encodes in UTF-8, as the charset of the challenge requires. btoa() alone accepts only characters up to U+00FF. */
function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

async function send(method, path, authorization) {
  const response = await fetch(path, {
    method,
    headers: authorization === undefined ? {} : { Authorization: authorization },
    // With credentials, fetch() would wait for the browser's own prompt after a Basic challenge.
    // With 'omit', there is no prompt, and fetch() returns the 401.
    credentials: 'omit',
    cache: 'no-store',
  });
  return { response, body: await response.text() };
}

/**
 * Splits the challenges, because fetch() joins field lines with commas. A comma separates two challenges if it is outside
 * quotes and if an auth-scheme and a parameter follow it (RFC 9110 section 11.6.1).
 */
function challenges(response) {
  const field = response.headers.get('WWW-Authenticate') ?? '';
  return field.match(/(?:"(?:[^"\\]|\\.)*"|,(?!\s*[\w-]+ +[\w-]+=)|[^",])+/g) ?? [];
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

function requestText(method, path, authorization) {
  const lines = [method + ' ' + path + ' HTTP/1.1', 'Host: ' + location.host];
  if (authorization !== undefined) lines.push('Authorization: ' + authorization);
  return lines.join('\n');
}

async function attempt(button) {
  if (!visitor.reportValidity()) return;
  const { method, path } = button.dataset;
  const item = button.closest('li');
  const exchange = item.querySelector('.exchange');
  if (exchange.childElementCount === 0) exchange.append(document.querySelector('#exchange').content.cloneNode(true));
  // textContent, because a response is data and must not become markup.
  const show = (name, text) => {
    item.querySelector('.' + name).textContent = text;
  };
  const field = authorization();
  button.disabled = true;
  try {
    const { response, body } = await send(method, path, field);
    show('request', requestText(method, path, field));
    show('status', response.status + ' ' + response.statusText);
    show('challenges', challenges(response).map((challenge) => 'WWW-Authenticate: ' + challenge.trim()).join('\n') || 'none');
    show('body', pretty(body));
    item.dataset.outcome = response.ok ? 'admitted' : 'refused';
  } catch (error) {
    show('request', requestText(method, path, field));
    show('status', 'No response: ' + error.message);
    show('challenges', 'none');
    show('body', '');
    item.dataset.outcome = 'refused';
  } finally {
    button.disabled = false;
  }
}

visitor.addEventListener('change', () => {
  for (const fields of visitor.querySelectorAll('.own')) {
    fields.hidden = fields.id !== chosen().dataset.fields;
    // A hidden field must not make the form invalid.
    for (const input of fields.querySelectorAll('input')) input.disabled = fields.hidden;
  }
});
// The Return key in a field would submit the form.
visitor.addEventListener('submit', (event) => event.preventDefault());

for (const button of document.querySelectorAll('button[data-path]')) {
  button.addEventListener('click', () => attempt(button));
}
`;
