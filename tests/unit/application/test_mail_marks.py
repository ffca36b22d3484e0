"""The mark of a mail: exact, whatever the tenant is called, and fit for a tag."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.contracts.mail_marks import mark_of, reference_of
from orders.ports.mail import MailReference, MailTemplate, recipient_hash
from tests.support.builders import an_order_id

references = st.builds(
    MailReference,
    tenant_id=st.from_regex(r"[A-Za-z0-9_.-]{1,64}", fullmatch=True) | st.text("._-d", min_size=1, max_size=64),
    order_id=st.integers(0, 2**80 - 1).map(an_order_id),
    sequence=st.integers(1, 10**9),
    template=st.sampled_from(MailTemplate),
    recipient_hash=st.emails().map(recipient_hash) | st.none(),
)


@given(references)
def test_it_names_its_mail_and_no_other(mail: MailReference) -> None:
    mark = mark_of(mail)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,256}", mark)
    assert reference_of(mark) == mail


MARK = mark_of(MailReference("tenant.a", an_order_id(), 1, MailTemplate.ORDER_SHIPPED, recipient_hash("t@example.com")))


@pytest.mark.parametrize(
    "spoilt",
    [
        "",
        "thandi",
        f"{MARK} ",
        f"{MARK}_",
        f"{MARK}@",
        MARK.replace("order_shipped", "order_lost"),
        MARK.replace("-1-", "-01-"),
        MARK.replace("ord_", "ord_I"),
        MARK[1:],
    ],
)
def test_what_is_no_mark_is_refused(spoilt: str) -> None:
    with pytest.raises(ValueError, match=r"no mark|not a valid MailTemplate"):
        reference_of(spoilt)
