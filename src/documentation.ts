import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { protect } from 'nestjs-http-auth';
import { documentHttpAuth } from 'nestjs-http-auth/openapi';

/**
 * Serves Swagger UI under `/docs`, to the users of the API. The requirements of each operation come from its policy,
 * so no decorator repeats them.
 */
export function serveDocumentation(app: INestApplication): void {
  protect(app, '/docs', { realm: 'API documentation' });
  const about = new DocumentBuilder()
    .setTitle('The reference application')
    .setDescription('A small API, closed by one import of nestjs-http-auth.')
    .build();
  SwaggerModule.setup('docs', app, () => documentHttpAuth(app, SwaggerModule.createDocument(app, about)));
}
