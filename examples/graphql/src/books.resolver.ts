import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { CurrentUser, Public, Scopes } from 'nestjs-http-auth';

@Resolver()
export class BooksResolver {
  private readonly books = ['Alice in Wonderland'];

  @Query(() => String, { nullable: true })
  me(@CurrentUser('sub') sub: string) {
    return sub;
  }

  @Public()
  @Query(() => [String])
  titles() {
    return this.books;
  }

  @Scopes('books:write')
  @Mutation(() => Number)
  add(@Args('title') title: string) {
    return this.books.push(title);
  }
}
