import passport from 'passport';
import { BasicStrategy } from 'passport-http';
import type { Strategy } from './strategy.js';

/*
 * The classes of Passport with the types of this folder. Their own types come from @types packages and import Express's types,
 * which an application does not need to have.
 */

/** The base class of all Passport strategies. */
export const PassportStrategy: new () => Strategy = passport.Strategy;

/** passport-http's strategy of the Basic scheme. */
export const PassportHttpBasicStrategy: new (verify: () => void) => Strategy = BasicStrategy;
