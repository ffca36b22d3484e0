# What a release and the account's owner bring; nobody's real values.
image_digest = "sha256:1111111111111111111111111111111111111111111111111111111111111111"

auth = {
  issuer    = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE"
  audiences = ["portal-web", "portal-mobile"]
}
