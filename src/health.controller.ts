import { Controller, Get } from '@nestjs/common';
import { Public } from 'nestjs-http-auth';

/** Open to everyone: whatever watches the application has no credentials. */
@Public()
@Controller('health')
export class HealthController {
  @Get()
  health() {
    return { status: 'ok' };
  }
}
