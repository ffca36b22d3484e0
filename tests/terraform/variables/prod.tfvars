# What a release and the account's owner bring; nobody's real values.
image_digest = "sha256:1111111111111111111111111111111111111111111111111111111111111111"

auth = {
  issuer    = "https://cognito-idp.af-south-1.amazonaws.com/af-south-1_EXAMPLE"
  audiences = ["portal-web", "portal-mobile"]
}

callers = {
  service_clients = { reporting = "shop_one" }
  cors_origins    = ["https://shop-prod.example"]
  order_senders   = { AROAEXAMPLEEXAMPLE001 = "shop_one" }
  publishers      = { "io.bbws.payments" = ["arn:aws:iam::093646564004:role/payments"] }
}

services = {
  product_api            = { url = "https://products.prod.example" }
  campaigns_api          = { url = "https://campaigns.prod.example" }
  staff_address_fallback = "orders@{tenant}.example"
}

recipients   = { ticket = "platform@bbws.example", page = "oncall@bbws.example" }
operator_ips = ["203.0.113.0/24"]
