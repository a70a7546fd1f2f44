import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { McpModule } from './mcp.module.js';

const {
  HOST: host = 'localhost',
  PORT: port = '3000',
  MCP_URL: url = `http://localhost:${port}/mcp`,
  ISSUER: issuer,
} = process.env;

if (issuer === undefined) {
  console.error(
    'ISSUER: it is not set; set it to the issuer of an authorization server, e.g. https://login.example.com',
  );
  process.exitCode = 1;
} else {
  @Module({ imports: [McpModule.forRoot({ url, issuer })] })
  class ApplicationModule {}

  const app = await NestFactory.create(ApplicationModule, { logger: ['fatal', 'error', 'warn'] });
  await app.listen(port, host);
  console.log(`An MCP server listens on port ${port}: ${url}`);
}
