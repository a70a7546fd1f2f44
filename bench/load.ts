import autocannon from 'autocannon';
import type { Row } from './rows.js';

const CONNECTIONS = 10;

/** Sends requests, and throws if a response has another status than the row expects. */
export async function load(
  port: number,
  { status, perConnection, fields: source }: Row,
  amount: number,
): Promise<void> {
  // Tokens are signed before the load, not during it.
  const fields = typeof source === 'function' ? Array.from({ length: amount }, source) : (source ?? []);
  let turn = 0;
  const next = () => fields[turn++ % fields.length];
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/greeting`,
    connections: CONNECTIONS,
    amount,
    ...(fields.length > 0 &&
      (perConnection === true
        ? { setupClient: (client: autocannon.Client) => client.setHeaders({ authorization: next() as string }) }
        : {
            requests: [
              {
                setupRequest: (request: autocannon.Request) => ({
                  ...request,
                  headers: { authorization: next() as string },
                }),
              },
            ],
          })),
  });
  const expected = status === 200 ? result['2xx'] : result['4xx'];
  if (expected < amount)
    throw new Error(`${amount - expected} of ${amount} responses do not have the status ${status}`);
}
