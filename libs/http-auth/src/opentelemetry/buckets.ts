/**
 * The buckets for requests to an endpoint, in seconds: those of `http.client.request.duration` in the semantic conventions of
 * OpenTelemetry.
 */
export const ENDPOINT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** The buckets for authentications, in seconds. A token in a cache takes less than a millisecond, and a password often more than 100. */
export const AUTHENTICATION_BUCKETS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
