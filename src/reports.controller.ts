import { Controller, Get } from '@nestjs/common';
import { Schemes } from 'nestjs-http-auth';

/** For programs only: a password does not open it. */
@Schemes('bearer')
@Controller('reports')
export class ReportsController {
  @Get()
  reports() {
    return [
      { id: 1, title: 'Visitors in the first quarter' },
      { id: 2, title: 'Visitors in the second quarter' },
    ];
  }
}
