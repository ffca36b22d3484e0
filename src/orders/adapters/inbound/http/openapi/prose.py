"""Describes the rules of all operations, in CommonMark: the document's introduction, and a page of the reference."""

from orders.adapters.inbound.http.middleware.request_line import MAX_URL_BYTES
from orders.adapters.inbound.http.requests.parameters import DEFAULT_LIMIT, MAX_LIMIT
from orders.adapters.inbound.http.requests.preconditions import MAX_KEY_CHARACTERS
from orders.adapters.inbound.http.security.auth import ALGORITHMS
from orders.adapters.inbound.http.security.claims import CLOCK_SKEW_SECONDS
from orders.adapters.wire.json_body import MAX_DEPTH
from orders.domain.order import KEPT_KEYS
from orders.domain.placing import MAX_LINES, MAX_QUANTITY

TITLE = "BBWS Orders"
SUMMARY = "Orders of the BBWS customer portal's shops: placing, life cycle, parcels, documents, history."

TAGS = {
    "Orders": "Placing, listing, reading, updating and deleting orders.",
    "Life cycle": "Where an order is in its life, and what moves it on.",
    "What happened": "An order's history, its events as other systems get them, and its PDF.",
    "Health": "Whether the service can do its work. Without a token.",
    "About this API": "This document, the pages made of it, and what problems mean. Without a token.",
}

DESCRIPTION = f"""\
JSON in and out, UTF-8, under `/v1.0`. Every response has an `X-Request-Id`; tell it to support when something is
wrong.

## Authentication

Send an access token of the portal's issuer with every request: `Authorization: Bearer TOKEN`. It is a JSON Web Token,
signed with {" or ".join(ALGORITHMS)}; times may differ by {CLOCK_SKEW_SECONDS} seconds. These claims count:

| claim | says |
|---|---|
| `custom:tenant_id` | the shop; nobody reaches another shop's orders |
| `cognito:groups` | roles: `customer`, `staff`, `admin`, `service`, `operator` |
| `custom:customer_id` | whose orders a `customer` sees; needed with that role |
| `email` | where mails about a customer's own orders go when the order names no address |

A token that a client got for itself (client credentials) may lack shop and roles: which shop such a client acts for is
then known here, and its role is `service`.

In production your client's key in `X-Api-Key` is needed as well, and is looked at first. A 401 says which header is
missing or wrong. What is not yours looks as if it weren't there (404); what is yours but not for your role is 403, as
is everything for whom none of the roles is. An order's `allowed_actions` say what you may do to it now.

## Ids and numbers

An order has an id, for programs, and a number that people read aloud: `BB-7K3M-9QX2-4TPA-R`. Paths take either, the
number as it is typed, and mean the same order: also as to an `Idempotency-Key`. Answers and links have the id. What was
placed or accepted a moment ago can be found by its id at once, and by its number soon: until then it may be 503 with
`Retry-After`, where the service knows better than to say 404. A number with a typo is recognised, and 404 says so.

## Errors

Every error is `application/problem+json` (RFC 9457): `type` is a stable URI that names the kind of problem, `detail`
says what is wrong here, and `errors` names *all* faults of a body or of the parameters at once, each with a JSON
pointer, a code and a message. Programs go by `type` and by `code`; texts are for people and may change. An unknown
`type` is to be treated by its status code.

A `type` is the same on every host, so that programs can compare it, and leads to the page that explains it; any host
of this API has that page at the same path, `/problems/NAME`.

Requests are checked in this order: who you are, whether the order is yours, your role, the body, whether it has been
here before, `If-Match`, and last whether the order's status allows it.

## Idempotency

Name a POST, PUT, PATCH or DELETE with an `Idempotency-Key` (1 to {MAX_KEY_CHARACTERS} visible ASCII characters, such
as a UUID), and it can be sent any number of times: done once, and answered each time as the first time, byte for byte,
with `Idempotent-Replayed: true`. That holds even if an answer got lost or the service died halfway.

A key belongs to you and to one method and path. With another body it is refused (422). `Prefer` is no part of it: what
came first with `respond-async` is answered 202 again without it, and what came first without is answered 201 with it.
A key of a create never expires; an order remembers the last {KEPT_KEYS} keys of its changes, for at least 24 hours.
What changed nothing, quotes included, is not remembered: repeating it does no harm. Without a key nothing is
deduplicated.

## Concurrency

An order's ETag names its version. Send it as `If-Match` with a change, and the change is made to that version or
refused with 412; of several ETags, separated by commas, any may match. An update whose body has the `version` that was
read is guarded likewise, but that the same PUT again is no conflict. Without either the change is made to the order
as it is then, and nobody else's change is lost either way. With `If-None-Match` reading costs little: 304 while nothing
has changed. ETags depend on the caller's roles; in `If-Match` only the version counts.

## Paging

A page has `items` and `next_cursor`, {DEFAULT_LIMIT} items unless `limit` says otherwise (at most {MAX_LIMIT}). Pass
`next_cursor` back as `cursor`, with the same filters, until it is `null`; the `Link` header has the whole address as
`rel="next"`. A page is filled as far as a bound on what is read for it allows: after hundreds of orders that filters
leave out, or that are deleted, it may have fewer items than `limit`, or none, and still go on. Cursors are opaque and
belong to one listing with its filters. There are no totals, and page 1,000 costs what page 1 costs.

## Money

Amounts are JSON numbers in the currency's major unit, with exactly the currency's digits in answers (`59.98` USD,
`1200` JPY, `3.125` KWD) and at most as many in requests. They are exact: read them as decimals, never as binary
floating point.

For each line `net` is `price` × `quantity` − `discount`, and `tax` is `net` × `tax_rate`, rounded half to even to
the currency's smallest unit. `total` is the sum of all `net` and `tax`, plus `shipping`, minus the order's
`discount`. A create must give that very `total`, to the last digit, or it is refused with both figures.

A shop may have its products and campaigns checked. Then an unknown product (`unknown_product`), one that isn't sold
(`not_sellable`), a price that has changed (`price_changed`), too little stock (`out_of_stock`) and a campaign code
that gives nothing (`campaign_…` and why) are refused as 422, with what would be right. What a campaign takes off is
part of the order's `discount`, says `campaign_discount`, and must be reckoned with in `total`. A quote tells all of it
without placing an order.

Customers give no discounts: `discount_not_allowed`. Where the shop lists its tax rates and shipping amounts, theirs are
among them (`tax_rate_not_listed`, `shipping_not_listed`), and only what the shop gives away costs nothing
(`zero_price`). What the shop's staff gave may be sent back as it is.

## Limits

A body has at most 256 KiB, JSON is nested at most {MAX_DEPTH} levels deep, an order has 1 to {MAX_LINES} lines of at
most {MAX_QUANTITY:,} units. No object has two members of one name. Texts are normalised to NFC before their length
counts; control characters are refused, and so are characters that hide text or turn it around (U+202A-202E,
U+2066-2069, U+FEFF, tags), and texts that hold a card number. Times are RFC 3339 with an offset; answers have them in
UTC with milliseconds.

A caller may make so many requests at once and so many per second; every answer says in `RateLimit-Policy` how many
these are, and in `RateLimit` how many are left. One too many is answered with 429 and `Retry-After`. Who the caller is
goes by the shop and the API key, or the token's subject where no key is asked for.

A request has 30 seconds, its body included. Path and query have at most {MAX_URL_BYTES:,} bytes and are
percent-encoded UTF-8. Answers over 1 KiB are compressed for who sends `Accept-Encoding: gzip`; ETags are the same
either way. HEAD is answered wherever GET is, OPTIONS everywhere. Pages of configured origins may call from browsers
(CORS), without cookies.

## Versions

Inside `v1.0` changes are additive: new operations, new optional fields and parameters, new fields in answers, new
members of enumerations in answers, new kinds of problems. Ignore what you don't know. What is going to end says so
long before: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) on every response, `deprecated` in this document, and a
`Link` to what to do instead.

Every response carries security headers as well: `Strict-Transport-Security`, `X-Content-Type-Options`,
`X-Frame-Options`, `Referrer-Policy`, `Permissions-Policy`, `Cross-Origin-Resource-Policy`,
`Cross-Origin-Opener-Policy`, `Cross-Origin-Embedder-Policy`, `Content-Security-Policy` and `Cache-Control`.
"""
