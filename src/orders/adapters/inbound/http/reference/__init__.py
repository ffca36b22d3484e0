"""The API's reference as pages for people, rendered from its OpenAPI document and served by the API itself."""
