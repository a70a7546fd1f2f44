import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Person } from './person.js';

/** The official client, which only knows the URL of the server. */
export class McpClient {
  readonly person = new Person();
  /** All errors of the client except `UnauthorizedError`, which is expected before the person authorizes it. */
  readonly errors: Error[] = [];
  private readonly client = new Client({ name: 'test', version: '1.0.0' });
  private transport: StreamableHTTPClientTransport;

  constructor(private readonly url: string) {
    this.transport = this.connection();
    const onerror = (error: Error) => {
      if (!(error instanceof UnauthorizedError)) this.errors.push(error);
    };
    Object.assign(this.client, { onerror });
  }

  connect(): Promise<void> {
    return this.client.connect(this.transport);
  }

  /** Exchanges the code that the browser received for a token. */
  async authorize(): Promise<void> {
    await this.transport.finishAuth(this.person.code);
  }

  /** Opens a new connection, because the client cannot continue a rejected one. */
  reconnect(): Promise<void> {
    this.transport = this.connection();
    return this.connect();
  }

  async call(name: string, args: Record<string, unknown> = {}): Promise<string[]> {
    const { content } = await this.client.callTool({ name, arguments: args });
    return (content as { text: string }[]).map(({ text }) => text);
  }

  close(): Promise<void> {
    return this.client.close();
  }

  private connection(): StreamableHTTPClientTransport {
    return new StreamableHTTPClientTransport(new URL(this.url), { authProvider: this.person });
  }
}
