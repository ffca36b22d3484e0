"""Creates the profiles of the demo shops that `orders dev` starts with, in the templates bucket."""

import base64
import json
from typing import TYPE_CHECKING, Any

from orders.ports.tenants import TenantProfile

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

DEMO_TENANT = "demo"


def _logo(colour: str) -> str:
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" viewBox="0 0 96 96">'
        f'<circle cx="48" cy="48" r="46" fill="{colour}"/>'
        '<path d="M28 40h34v14a16 16 0 0 1-16 16h-2a16 16 0 0 1-16-16z" fill="#fff"/>'
        '<path d="M62 44h4a8 8 0 0 1 0 16h-5" fill="none" stroke="#fff" stroke-width="4"/>'
        '<path d="M38 22q-4 5 0 10M46 22q-4 5 0 10M54 22q-4 5 0 10" fill="none" stroke="#fff" stroke-width="3"/>'
        "</svg>"
    )
    return "data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode()


PROFILES: dict[str, dict[str, Any]] = {
    DEMO_TENANT: {
        "name": "Karoo Coffee Roasters",
        "currency": "ZAR",
        "locale": "en-ZA",
        "staff_addresses": ["roastery@karoo-coffee.example"],
        "reply_to": "hello@karoo-coffee.example",
        "website": "https://karoo-coffee.example",
        "phone": "+27 23 555 0142",
        "address": ["12 Church Street", "Graaff-Reinet 6280", "South Africa"],
        "tax_number": "4012345678",
        "accent": "#7a3b1d",
        "logo": _logo("#7a3b1d"),
        "prices": "as_ordered",
    },
    "atlantic-books": {
        "name": "Atlantic Books",
        "currency": "ZAR",
        "locale": "en-ZA",
        "staff_addresses": ["orders@atlantic-books.example", "manager@atlantic-books.example"],
        "reply_to": "help@atlantic-books.example",
        "website": "https://atlantic-books.example",
        "address": ["4 Kloof Street", "Cape Town 8001", "South Africa"],
        "accent": "#14532d",
        "prices": "as_ordered",
    },
}


def default_profile(tenant_id: str, staff_address_fallback: str | None) -> TenantProfile:
    """Makes the profile of a shop without one: its id as its name."""
    staff = () if staff_address_fallback is None else (staff_address_fallback.replace("{tenant}", tenant_id.lower()),)
    return TenantProfile(tenant_id=tenant_id, name=tenant_id, staff_addresses=staff)


async def put_demo_profiles(s3: "S3Client", bucket: str) -> None:
    """Creates the demo shops' profiles, unless they exist: a developer may have changed them."""
    listed = await s3.list_objects_v2(Bucket=bucket, Prefix="tenants/")
    present = {entry["Key"] for entry in listed.get("Contents", [])}
    for tenant_id, profile in PROFILES.items():
        key = f"tenants/{tenant_id}/profile.json"
        if key not in present:
            await s3.put_object(
                Bucket=bucket, Key=key, Body=json.dumps(profile, indent=2).encode(), ContentType="application/json"
            )
