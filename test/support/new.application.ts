/**
 * The files of a new application that commands read, as `nest new` of a major version of Nest writes them. Nest 12 has ES modules, Nest
 * 11 has CommonJS.
 */
export function newApplication(major: 11 | 12): Record<string, string> {
  const extension = major === 12 ? '.js' : '';
  return {
    'nest-cli.json': `{
  "$schema": "https://json.schemastore.org/nest-cli",
  "collection": "@nestjs/schematics",
  "sourceRoot": "src",
  "compilerOptions": {
    "deleteOutDir": true
  }
}
`,
    'package.json': `{
  "name": "shop",
  "version": "0.0.1",
  "description": "",
  "author": "",
  "private": true,
  "license": "UNLICENSED",${major === 12 ? '\n  "type": "module",' : ''}
  "dependencies": {
    "@nestjs/common": "^${major}.0.1",
    "@nestjs/core": "^${major}.0.1",
    "@nestjs/platform-express": "^${major}.0.1",
    "reflect-metadata": "^0.2.2",
    "rxjs": "^7.8.1"
  },
  "devDependencies": {
    "typescript": "${major === 12 ? '^6.0.2' : '^5.7.3'}"
  }
}
`,
    'src/app.module.ts': `import { Module } from '@nestjs/common';
import { AppController } from './app.controller${extension}';
import { AppService } from './app.service${extension}';

@Module({
  imports: [],
  controllers: [AppController],
  providers: [AppService],
})
export class AppModule {}
`,
    'src/app.controller.ts': `import { Controller, Get } from '@nestjs/common';
import { AppService } from './app.service${extension}';

@Controller()
export class AppController {
  constructor(private readonly appService: AppService) {}

  @Get()
  getHello(): string {
    return this.appService.getHello();
  }
}
`,
    'src/app.service.ts': `import { Injectable } from '@nestjs/common';

@Injectable()
export class AppService {
  getHello(): string {
    return 'Hello World!';
  }
}
`,
    'src/main.ts': `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module${extension}';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env.PORT ?? 3000);
}
${major === 12 ? 'await ' : ''}bootstrap();
`,
  };
}
