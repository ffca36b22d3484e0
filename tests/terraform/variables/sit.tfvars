# What a release and the account's owner bring; nobody's real values.
image_digest = "sha256:1111111111111111111111111111111111111111111111111111111111111111"

auth = {
  issuer    = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE"
  audiences = ["portal-web", "portal-mobile"]
}

callers = {
  service_clients = { reporting = "shop_one" }
  cors_origins    = ["https://shop-sit.example"]
  order_senders   = { AROAEXAMPLEEXAMPLE001 = "shop_one" }
  publishers      = { "io.bbws.payments" = ["arn:aws:iam::815856636111:role/payments"] }
}

services = {
  product_api            = { url = "https://products.sit.example" }
  campaigns_api          = { url = "https://campaigns.sit.example" }
  staff_address_fallback = "orders@{tenant}.example"
}
