// A shop's program over the generated TypeScript client; prints what it has seen as JSON, for its test.
import { ordersClient, type CreateOrder, type Order, type OrderPage, type Orders, type Problem } from "bbws-orders-client";

declare const process: { env: Record<string, string> };

const { ORDERS_URL, ORDERS_TOKEN, STAFF_TOKEN } = process.env;
const client = ordersClient({ baseUrl: ORDERS_URL!, token: () => ORDERS_TOKEN! });
const staff = ordersClient({ baseUrl: ORDERS_URL!, token: () => STAFF_TOKEN! });

class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

async function place(orders: Orders, body: CreateOrder, key: string): Promise<Order> {
  const { data, error } = await orders.POST("/v1.0/orders", { params: { header: { "Idempotency-Key": key } }, body });
  if (error) throw new Refused(error);
  if (!("version" in data)) throw new Error("accepted only: nobody asked for that");
  return data;
}

async function page(orders: Orders, cursor: string | null): Promise<OrderPage> {
  const query = { limit: 2, ...(cursor && { cursor }) };
  const { data, error } = await orders.GET("/v1.0/orders", { params: { query } });
  if (error) throw new Refused(error);
  return data;
}

async function allIds(orders: Orders): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | null = null;
  do {
    const { items, next_cursor }: OrderPage = await page(orders, cursor);
    found.push(...items.map((order) => order.order_id));
    cursor = next_cursor;
  } while (cursor);
  return found;
}

const body: CreateOrder = {
  customer_id: "cust_test_001",
  items: [{ product_id: "prod_001", quantity: 2, price: 29.99 }],
  total: 59.98,
};
const placed: Order[] = [];
for (let each = 0; each < 5; each++) placed.push(await place(client, body, `typescript-${each}`));
const again = await place(client, body, "typescript-0");
const path = { order_id: placed[0]!.order_id };
const read = await client.GET("/v1.0/orders/{order_id}", { params: { path } });
const unchanged = await client.GET("/v1.0/orders/{order_id}", {
  params: { path, header: { "If-None-Match": read.response.headers.get("etag")! } },
});
const changed = await client.PATCH("/v1.0/orders/{order_id}", {
  params: { path },
  body: { notes: "Ring once." },
  headers: { "Content-Type": "application/merge-patch+json" },
});
const cancelled = await staff.POST("/v1.0/orders/{order_id}/cancel", {
  params: { path },
  body: { reason: "out_of_stock" },
});
const late = await client.PATCH("/v1.0/orders/{order_id}", { params: { path }, body: { notes: "Too late." } });
const wrong = await place(client, { ...body, total: 60 }, "typescript-wrong").catch((refused: Refused) => refused);
const missing = await client.GET("/v1.0/orders/{order_id}", {
  params: { path: { order_id: `ord_${"0".repeat(26)}` } },
});

console.log(
  JSON.stringify({
    placed: placed.map((order) => order.order_id),
    again: again.order_id,
    total: read.data && "total" in read.data ? read.data.total : undefined,
    unchanged: unchanged.response.status,
    changed: [changed.data?.version, changed.data?.notes],
    cancelled: cancelled.data?.status,
    late: [late.error?.status, late.error?.type.split("/").pop(), late.error?.allowed_actions ?? []],
    wrong: wrong instanceof Refused ? wrong.problem.errors?.map((fault) => [fault.pointer, fault.code]) : [],
    missing: missing.error?.status,
    listed: await allIds(client),
  }),
);
