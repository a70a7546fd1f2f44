import { Controller, Get } from '@nestjs/common';
import { Public } from 'nestjs-http-auth';

/** Open, because monitoring systems have no credentials. */
@Public()
@Controller('health')
export class HealthController {
  @Get()
  health() {
    return { status: 'ok' };
  }
}
