import { Body, Controller, Get, Post } from '@nestjs/common';
import { Schemes, Scopes } from 'nestjs-http-auth';

/** For programs only: a password does not open it, and a token does what it was issued for. */
@Schemes('bearer')
@Scopes('reports:read')
@Controller('reports')
export class ReportsController {
  @Get()
  reports() {
    return [
      { id: 1, title: 'Visitors in the first quarter' },
      { id: 2, title: 'Visitors in the second quarter' },
    ];
  }

  @Scopes('reports:read', 'reports:write')
  @Post()
  file(@Body('title') title = 'Visitors in the third quarter') {
    return { id: 3, title };
  }
}
