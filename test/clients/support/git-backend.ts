import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** The content of the only file in the repository. */
export const greeting = 'Hello from the repository\n';

let root: string | undefined;

/** Returns the folder of the repository. The first call creates it. */
function projectRoot(): string {
  if (root !== undefined) return root;
  const folder = mkdtempSync(join(tmpdir(), 'repository-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const repository = join(folder, 'repository.git');
  const git = (args: string[], input?: string) =>
    execFileSync('git', ['-C', repository, '-c', 'user.name=alice', '-c', 'user.email=alice@example.com', ...args], {
      input,
      encoding: 'utf8',
    }).trim();
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', repository]);
  git(['config', 'http.receivepack', 'true']);
  const blob = git(['hash-object', '-w', '--stdin'], greeting);
  const tree = git(['mktree'], `100644 blob ${blob}\tgreeting.txt\n`);
  git(['update-ref', 'refs/heads/main', git(['commit-tree', '-m', 'greet', tree])]);
  return (root = folder);
}

/** Serves the repository with Git's own CGI program. `user` is the name of the authenticated user. */
export async function serveGit(
  request: IncomingMessage,
  response: ServerResponse,
  { mount, user }: { mount: string; user: string },
): Promise<void> {
  const { pathname, search } = new URL(request.url ?? '', 'http://localhost');
  const header = (name: string) => String(request.headers[name] ?? '');
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: projectRoot(),
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: pathname.slice(mount.length),
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: header('content-type'),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      GIT_PROTOCOL: header('git-protocol'),
      REMOTE_USER: user,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  request.pipe(backend.stdin);
  const output = await text(backend.stdout.setEncoding('latin1'));
  const end = output.indexOf('\r\n\r\n');
  let status = 200;
  for (const line of output.slice(0, end).split('\r\n')) {
    const [, name = '', value = ''] = /^([^:]+): *(.*)$/.exec(line) ?? [];
    if (name === 'Status') status = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.statusCode = status;
  response.end(Buffer.from(output.slice(end + 4), 'latin1'));
}
