export { GraphQLAuthModule } from './graphql-auth.module.js';
