import { Controller, Get, Header } from '@nestjs/common';
import { Public } from 'nestjs-http-auth';
import { contentSecurityPolicy } from './content-security-policy.js';
import { page } from './page.js';
import { script } from './page.script.js';
import { style } from './page.style.js';

/** The page that explains the routes, and lets a visitor try them. */
@Public()
@Controller()
export class PageController {
  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', contentSecurityPolicy(style, script))
  page() {
    return page;
  }
}
