import { Body, Controller, Get, Post } from '@nestjs/common';
import { Schemes, Scopes } from 'nestjs-http-auth';

/** For programs: it accepts only tokens, and each route requires a scope. */
@Schemes('bearer')
@Controller('reports')
export class ReportsController {
  private readonly titles = ['Visitors in the first quarter', 'Visitors in the second quarter'];

  @Scopes('reports:read')
  @Get()
  reports() {
    return this.titles.map((title, index) => ({ id: index + 1, title }));
  }

  @Scopes('reports:write')
  @Post()
  add(@Body('title') title: unknown) {
    const text = typeof title === 'string' ? title : 'A report without a title';
    return { id: this.titles.push(text), title: text };
  }
}
