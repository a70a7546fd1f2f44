import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { AuthModule, basic, bearer } from 'nestjs-http-auth';
import { introspection } from 'nestjs-http-auth/introspection';
import { jwt } from 'nestjs-http-auth/jwt';
import { basicAuthorization, bearerAuthorization, send } from './client.js';
import { Endpoint } from './endpoint.js';
import { audience, type Issuer } from './issuer.js';

const file = fileURLToPath(new URL('../../docs/grafana/nestjs-http-auth.json', import.meta.url));

/** The part of a dashboard of Grafana that the tests read. */
export interface Dashboard {
  readonly title: string;
  readonly uid: string;
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  readonly panels: readonly Panel[];
}

/** A panel of a dashboard. */
export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string; readonly refId: string }[];
}

/** The dashboard of the documentation. */
export const dashboard = JSON.parse(readFileSync(file, 'utf8')) as Dashboard;

/** The queries of the dashboard, with values for the variables of Grafana. */
export const queries: readonly string[] = dashboard.panels.flatMap(({ targets = [] }) =>
  targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '1m').replaceAll('$job', '.*')),
);

/** An application that uses everything that the dashboard shows. */
export async function everything(issuer: Issuer) {
  const endpoint = await Endpoint.start(({ form }) => ({ active: form.get('token') === 'opaque' }));
  const verify = jwt({ issuer: issuer.url, audience });
  const opaque = introspection({ endpoint: endpoint.url, clientId: 'a', clientSecret: 'b', audience: null });
  const login = ({ password }: { password: string }) => {
    if (password === 'down') throw new Error('down');
    return password === 'right' && { name: 'alice' };
  };

  @Controller()
  class RoutesController {
    @Get('in') in() {}
  }

  @Module({
    imports: [
      AuthModule.forRoot({
        realm: 'Staging',
        schemes: [
          bearer(async (credentials, request) =>
            credentials.token.includes('.') ? verify(credentials, request) : opaque(credentials, request),
          ),
          basic(login, { limits: { perUserAndAddress: 1 } }),
        ],
      }),
    ],
    controllers: [RoutesController],
  })
  class EverythingModule {}
  return EverythingModule;
}

/** Sends a request of each kind. */
export async function traffic(app: INestApplication, issuer: Issuer): Promise<void> {
  const token = await issuer.token();
  const fields = [
    ...[token, token, token, 'a.b.c', 'opaque', 'mallory'].map(bearerAuthorization),
    ...['right', 'wrong', 'wrong again', 'down'].map((password) => basicAuthorization(password, password)),
    ...['one', 'two', 'three'].map((password) => basicAuthorization('bob', password)),
  ];
  for (const headers of [{}, ...fields]) await send(app, '/in', { headers });
}

/** The metrics of this process, as Prometheus scrapes them. */
export class Scrape {
  private readonly exporter = new PrometheusExporter({ preventServerStart: true });
  /** The provider of the metrics. */
  readonly provider = new MeterProvider({ readers: [this.exporter] });
  private readonly server: Server = createServer((request, response) =>
    this.exporter.getMetricsRequestHandler(request, response),
  );

  /** Serves the metrics, and returns the port. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as { port: number }).port;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await this.provider.shutdown();
  }
}
