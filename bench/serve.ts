import type { AddressInfo, Server } from 'node:net';
import type { INestApplication } from '@nestjs/common';

/** Starts the application of a child process, and sends its port. Each message of the parent asks for the CPU time. */
export async function serve(app: INestApplication): Promise<void> {
  await app.listen(0, '127.0.0.1');
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.(user + system);
  });
  process.on('disconnect', () => process.exit());
  process.send?.(((app.getHttpServer() as Server).address() as AddressInfo).port);
}
