import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { Person } from './person.js';

/** The official client, which only knows the URL of the server. */
export class McpClient {
  readonly person = new Person();
  /** All errors of the client except `UnauthorizedError`, which is expected before the person authorizes it. */
  readonly errors: Error[] = [];
  private readonly client: Client;
  private transport: StreamableHTTPClientTransport;

  /** @param mode `auto`: the current protocol, if the server knows it. `legacy`: the protocol of 2025. */
  constructor(
    private readonly url: string,
    mode: 'auto' | 'legacy' = 'auto',
  ) {
    this.client = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } });
    this.transport = this.connection();
    const onerror = (error: Error) => {
      if (!(error instanceof UnauthorizedError)) this.errors.push(error);
    };
    Object.assign(this.client, { onerror });
  }

  connect(): Promise<void> {
    return this.client.connect(this.transport);
  }

  /** The version of the protocol that the client and the server have agreed on. */
  get version(): string | undefined {
    return this.client.getNegotiatedProtocolVersion();
  }

  /** Exchanges the code that the browser received for a token. */
  async authorize(): Promise<void> {
    await this.transport.finishAuth(this.person.response);
  }

  /** Opens a new connection, because the client cannot continue a rejected one. */
  reconnect(): Promise<void> {
    this.transport = this.connection();
    return this.connect();
  }

  /** Returns the tools that the server lists. */
  tools(): ReturnType<Client['listTools']> {
    return this.client.listTools();
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
