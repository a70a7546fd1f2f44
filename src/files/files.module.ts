import { fileURLToPath } from 'node:url';
import { type INestApplication, Module } from '@nestjs/common';
import { ServeStaticModule } from '@nestjs/serve-static';
import { protect } from 'nestjs-http-auth';

const rootPath = fileURLToPath(new URL('../../public/files', import.meta.url));

/** Serves the folder `public/files` under `/files`, without a controller. Guards do not run there: see {@link protectFiles}. */
@Module({ imports: [ServeStaticModule.forRootAsync({ useFactory: () => [{ rootPath, serveRoot: '/files' }] })] })
export class FilesModule {}

/** Protects the files, because guards run only for controllers. */
export function protectFiles(app: INestApplication): void {
  protect(app, '/files', { realm: 'Files' });
}
