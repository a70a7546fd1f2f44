import { Injectable } from '@nestjs/common';

/** The reports, separate for each user. In a real application, they are in a database. */
@Injectable()
export class Reports {
  private readonly byUser = new Map<string, string[]>();

  of(user: string): readonly string[] {
    return this.byUser.get(user) ?? [];
  }

  add(user: string, text: string): void {
    this.byUser.set(user, [...this.of(user), text]);
  }
}
