import { readFileSync } from 'node:fs';
import { Controller, Get, Header } from '@nestjs/common';
import { Public } from 'nestjs-http-auth';
import { contentSecurityPolicy } from './content-security-policy.js';

const page = readFileSync(new URL('../../public/index.html', import.meta.url), 'utf8');

/** The page that explains the routes, and lets a visitor try them. */
@Public()
@Controller()
export class PageController {
  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', contentSecurityPolicy(page))
  page() {
    return page;
  }
}
