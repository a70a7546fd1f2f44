// Keeps a copy of the built library beside the built bench, where Node finds it first: so that nobody who builds the library
// while the bench runs changes what it measures.

import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const library = fileURLToPath(new URL('../../libs/http-auth/', import.meta.url));
const copy = fileURLToPath(new URL('node_modules/nestjs-http-auth/', import.meta.url));

rmSync(copy, { recursive: true, force: true });
mkdirSync(copy, { recursive: true });
for (const part of ['package.json', 'dist']) cpSync(`${library}${part}`, `${copy}${part}`, { recursive: true });
