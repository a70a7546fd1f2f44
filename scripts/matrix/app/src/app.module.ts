import { Controller, Get, Module } from '@nestjs/common';
import { AuthModule, basic, bearer, CurrentUser, Public, Scopes } from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { users } from 'nestjs-http-auth/passwords';

/** wonder:land */
const ALICE = '$scrypt$ln=4,r=8,p=1$PKc532tS04OSnz8RE+JQrg$hnAtivSukmd/wNUM51ZUrDuFAGpmoFRW/X3yDCZqLmE';

@Controller()
export class AppController {
  @Public() @Get('open') open() {
    return { open: true };
  }
  @Get('me') me(@CurrentUser() user: { name?: string; sub?: string }) {
    return { name: user.name ?? user.sub };
  }
  @Scopes('write') @Get('write') write() {
    return { written: true };
  }
  @Public() @Get('broken') broken() {
    throw new Error('broken');
  }
}

@Module({
  imports: [
    AuthModule.forRoot({
      realm: 'Matrix',
      schemes: [
        bearer(
          jwt({
            issuers: [{ issuer: 'matrix', audience: 'api', secret: 'a secret of the matrix, with 32 bytes or more' }],
          }),
        ),
        basic(users({ alice: process.env.ALICE ?? ALICE })),
      ],
    }),
  ],
  controllers: [AppController],
})
export class AppModule {}
