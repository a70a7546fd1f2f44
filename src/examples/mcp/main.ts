import { NestFactory } from '@nestjs/core';
import { McpModule } from './mcp.module.js';

const { PORT = '3000', MCP_URL: url = `http://localhost:${PORT}/mcp`, ISSUER: issuer } = process.env;

if (issuer === undefined) {
  console.error(
    'ISSUER: it is not set; set it to the issuer of an authorization server, e.g. https://login.example.com',
  );
  process.exitCode = 1;
} else {
  const app = await NestFactory.create(McpModule.forRoot({ url, issuer }), { logger: ['fatal', 'error', 'warn'] });
  await app.listen(PORT);
  console.log(`An MCP server listens on port ${PORT}: ${url}`);
}
