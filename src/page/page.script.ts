/** The script of the page: plain JavaScript, which runs as it is written here. It must not contain template literals. */
export const script = String.raw`
const visitor = document.querySelector('#visitor');

/** The one who is chosen: the radio button, with the credentials that it stands for. */
function chosen() {
  return visitor.querySelector('input[name="visitor"]:checked');
}

/** The Authorization field of who is chosen, or undefined for nobody. */
function authorization() {
  const { value: scheme, dataset } = chosen();
  // What is chosen has its credentials in data attributes, or leaves them to the fields.
  const credentials = dataset.fields === undefined ? dataset : Object.fromEntries(new FormData(visitor));
  switch (scheme) {
    case 'basic':
      return 'Basic ' + base64(credentials.username + ':' + credentials.password);
    case 'bearer':
      return 'Bearer ' + credentials.token;
  }
}

/** The challenge asks for charset="UTF-8", and btoa() knows bytes only. */
function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

async function send(method, path, authorization) {
  const response = await fetch(path, {
    method,
    headers: authorization === undefined ? {} : { Authorization: authorization },
    // A browser answers a Basic challenge with its own prompt, and fetch() waits for it. Without the browser's
    // credentials there is none, and the 401 comes here.
    credentials: 'omit',
    cache: 'no-store',
  });
  return { response, body: await response.text() };
}

/**
 * The challenges one by one: fetch() joins field lines with commas. A comma parts two challenges where it is outside
 * quotes, and an auth-scheme and a parameter follow it (RFC 9110 section 11.6.1).
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
  // Only ever textContent: what a server answers is data, and not markup.
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
    show('status', 'Nothing came back: ' + error.message);
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
    // A field that is hidden must not stand in the way of the form being valid.
    for (const input of fields.querySelectorAll('input')) input.disabled = fields.hidden;
  }
});
// Return in a field would send the form.
visitor.addEventListener('submit', (event) => event.preventDefault());

for (const button of document.querySelectorAll('button[data-path]')) {
  button.addEventListener('click', () => attempt(button));
}
`;
