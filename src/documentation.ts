import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { protect } from 'nestjs-http-auth';
import { documentHttpAuth } from 'nestjs-http-auth/openapi';

/**
 * Serves Swagger UI under `/docs` to authenticated users. The requirements of each operation come from its policy,
 * so no decorator repeats them.
 */
export function serveDocumentation(app: INestApplication): void {
  protect(app, '/docs', { realm: 'API documentation' });
  const about = new DocumentBuilder()
    .setTitle('The reference application')
    .setDescription('A small API that one import of nestjs-http-auth protects.')
    .build();
  SwaggerModule.setup('docs', app, () => documentHttpAuth(app, SwaggerModule.createDocument(app, about)));
}
