import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Header } from '@nestjs/common';
import { AuthModule, basic, CurrentUser, OptionalAuth, Public } from 'nestjs-http-auth';
import { adapters, start } from '../support/application.js';
import { basicAuthorization } from '../support/client.js';
import { Nginx } from './support/nginx.js';

@Controller()
class PagesController {
  @Public() @Get('open') open() {
    return 'open';
  }
  @Get('own') own(@CurrentUser() user: string) {
    return user;
  }
  @OptionalAuth() @Get('optional') optional(@CurrentUser() user?: string) {
    return user ?? 'nobody';
  }
  @Header('Cache-Control', 'public, max-age=60') @Get('shared') shared(@CurrentUser() user: string) {
    return user;
  }
}

const users = basic(({ username, password }) => (password === 'wonder:land' ? username : null));

let proxy: Nginx | undefined;

afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
});

describe.each(adapters)('A shared cache in front of %s', (_name, adapter) => {
  /** Sends these requests in turn. Returns the responses, and if the cache had stored them. */
  const answers = async (path: string, ...names: (string | undefined)[]) => {
    const imports = [AuthModule.forRoot({ realm: 'Staging', schemes: [users] })];
    const app = await start(adapter(), { imports, controllers: [PagesController] });
    const { port } = (proxy = await Nginx.caching((app.getHttpServer().address() as AddressInfo).port));
    const found: string[] = [];
    for (const name of names) {
      const headers = name === undefined ? {} : basicAuthorization(name, 'wonder:land');
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
      const text = answer.ok ? await answer.text() : answer.status;
      found.push(`${text} ${answer.headers.get('x-cache')}`);
    }
    return found;
  };

  it('stores the response of a public route', async () => {
    expect(await answers('/open', undefined, 'alice')).toEqual(['open MISS', 'open HIT']);
  });

  it('[H-16] does not give the response of one user to another', async () => {
    const asked = ['alice', 'bob', undefined, 'alice'];
    expect(await answers('/own', ...asked)).toEqual(['alice MISS', 'bob MISS', '401 MISS', 'alice MISS']);
  });

  it('[H-16] does not share responses between requests with and without credentials', async () => {
    const asked = [undefined, 'alice', undefined];
    expect(await answers('/optional', ...asked)).toEqual(['nobody MISS', 'alice MISS', 'nobody MISS']);
    await proxy?.stop();
    expect(await answers('/own', undefined, 'alice')).toEqual(['401 MISS', 'alice MISS']);
  });

  it('[H-16] shares a response with "public" only between requests with the same credentials', async () => {
    const asked = ['alice', 'bob', undefined, 'alice'];
    expect(await answers('/shared', ...asked)).toEqual(['alice MISS', 'bob MISS', '401 MISS', 'alice HIT']);
  });
});
