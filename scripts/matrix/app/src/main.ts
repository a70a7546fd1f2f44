import { createApplication } from './create.js';

async function main(): Promise<void> {
  const app = await createApplication();
  await app.listen(process.env.PORT ?? 3000, process.env.HOST ?? '127.0.0.1');
}

void main();
