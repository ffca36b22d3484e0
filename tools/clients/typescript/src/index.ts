// A client of the order service: openapi-fetch over the types that are generated into orders.ts.
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./orders.js";

export type { components, operations, paths } from "./orders.js";

type Schemas = components["schemas"];
export type Order = Schemas["Order"];
export type OrderPage = Schemas["OrderPage"];
export type CreateOrder = Schemas["CreateOrderBody"];
/** An error as the service tells it (RFC 9457): programs go by `type`, and by the `code` of each of `errors`. */
export type Problem = Schemas["Problem"];
export type Orders = Client<paths>;

export interface Options {
  /** Where the service is, such as `https://api.bbws.io`. */
  baseUrl: string;
  /** Gives the access token of each request: tokens expire. */
  token: () => string | Promise<string>;
  /** Your client's key, which production needs besides. */
  apiKey?: string;
  /** What sends requests, `fetch` unless another is given. */
  fetch?: (request: Request) => Promise<Response>;
}

/** Makes a client. Its calls give `data` or `error`, a Problem, and throw only if no answer came. */
export function ordersClient({ baseUrl, token, apiKey, fetch }: Options): Orders {
  const client = createClient<paths>({ baseUrl, ...(fetch && { fetch }) });
  client.use({
    async onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${await token()}`);
      if (apiKey) request.headers.set("X-Api-Key", apiKey);
      return request;
    },
  });
  return client;
}
