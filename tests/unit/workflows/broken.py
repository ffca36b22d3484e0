"""Workflows that break a rule: what is changed in which of them, by the rule that must refuse it."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Broken:
    """One change of a workflow's text."""

    rule: str
    file: str
    what: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


def _all() -> Iterator[Broken]:
    for (rule, file), changes in _CHANGES.items():
        for what, (old, new) in changes.items():
            yield Broken(rule, file, what, old, new)


_CHANGES: dict[tuple[str, str], dict[str, tuple[str, str]]] = {
    ("ways_to_production_are_gated", "promote-prod.yml"): {
        "sit's digest is not asked for": ("deploy.workflows take --env prod", "deploy.workflows take --env sit"),
        "a digest is typed": ("      phrase:\n", "      digest:\n        type: string\n      phrase:\n"),
        "another digest is released": (
            'promote --env prod --digest "$DIGEST"',
            'promote --env prod --digest "sha256:0"',
        ),
        "another digest is given": (
            (
                "          DIGEST: ${{ needs.take.outputs.digest }}\n"
                "          CHANGE_REQUEST: ${{ inputs.change_request }}\n"
                "          TEST_RESULTS: ${{ inputs.test_results }}\n"
                "          UAT: ${{ inputs.uat }}\n"
                "          ROLLBACK_PLAN: ${{ inputs.rollback_plan }}\n"
                "          SMOKE"
            ),
            "          DIGEST: ${{ inputs.sit_run }}\n          SMOKE",
        ),
        "the copied image is another": ('copy --env prod --digest "$DIGEST"', 'copy --env prod --digest "$GITHUB_SHA"'),
        "no phrase": ("deploy.workflows request --env prod", "deploy.workflows request --env sit"),
        "the phrase does not wait for the digest": ("  request:\n    needs: [take]\n", "  request:\n"),
        "the product owner is not asked": ("environment: prod-product-owner", "environment: prod-tech-lead"),
        "approvers at once": ("needs: [take, request, approve-product-owner]", "needs: [take, request]"),
        "the release waits for one approver only": (
            "needs: [take, request, approve-tech-lead, approve-product-owner, approve-devops-lead, window]",
            "needs: [take, request, approve-tech-lead]",
        ),
        "the release waits for nobody": (
            ("    needs: [take, request, approve-tech-lead, approve-product-owner, approve-devops-lead, window]\n"),
            "",
        ),
        "released from an approver's environment": ("environment: prod-release", "environment: prod-devops-lead"),
        "released from the way back": ("environment: prod-release", "environment: prod-rollback"),
        "released from the drill": ("environment: prod-release", "environment: prod-drill"),
        "released from nowhere": ("    environment: prod-release\n", ""),
        "released from an unknown environment": ("environment: prod-release", "environment: production"),
        "released after a failure": (
            ("    needs: [take, request, approve-tech-lead, approve-product-owner, approve-devops-lead, window]\n"),
            (
                "    needs: [take, request, approve-tech-lead, approve-product-owner, approve-devops-lead, window]\n"
                "    if: always()\n"
            ),
        ),
        "an approval is passed over": (
            "    environment: prod-devops-lead\n",
            "    environment: prod-devops-lead\n    if: failure()\n",
        ),
        "a release after a gate that failed": ("        id: change\n", "        id: change\n        if: always()\n"),
        "a role after a gate that failed": (
            "      - name: Take the role\n",
            "      - name: Take the role\n        if: always()\n",
        ),
        "a phrase that is passed over": (
            "      - name: Check phrase and links\n",
            "      - name: Check phrase and links\n        if: failure() && steps.change.outcome == 'failure'\n",
        ),
        "a copy after a gate that failed": (
            "      - name: Copy the image by its digest\n",
            "      - name: Copy the image by its digest\n        if: always()\n",
        ),
        "a schedule releases": (
            "  workflow_dispatch:\n",
            '  schedule:\n    - cron: "0 9 * * 1"\n  workflow_dispatch:\n',
        ),
        "nobody asks who approved": ("deploy.workflows approved --env prod", "deploy.workflows approved --env sit"),
        "no window": ("        run: .venv/bin/python -m deploy.workflows window\n", "        run: make lint\n"),
        "a window of later": ("deploy.workflows window\n", "deploy.workflows window --ahead 600\n"),
        "outside the window": ("promote --env prod", "promote --outside-window today --env prod"),
    },
    ("ways_to_production_are_gated", "rollback-prod.yml"): {
        "a rollback to a given image": ('--reason "$REASON"', '--reason "$REASON" --to "$REASON"'),
        "a release called a rollback": ("deploy.release rollback", "deploy.release promote"),
        "Terraform by hand": ("environments/prod init -input=false", "environments/prod apply -auto-approve"),
    },
    ("ways_to_production_are_gated", "dr-drill.yml"): {
        "a drill that releases": ("orders dr drill", "python -m deploy.release promote"),
    },
    ("ways_to_production_are_gated", "deploy-dev.yml"): {
        "production from dev's workflow": (
            "arn:aws:iam::536580886816:role/github-2-bbws-order-lambda-dev",
            "arn:aws:iam::093646564004:role/github-2-bbws-order-lambda-prod",
        ),
    },
    ("ways_to_sit_are_gated", "promote-sit.yml"): {
        "sit without the tech lead": ("environment: sit-tech-lead", "environment: dev-lead-developer"),
        "sit with an image of its own": ('copy --env sit --digest "$DIGEST"', 'copy --env sit --digest "$COMMIT"'),
        "sit without the phrase": ("workflows request --env sit", "workflows window"),
    },
    ("permissions_are_minimal", "promote-prod.yml"): {
        "permissions of the whole workflow": ("permissions: {}\n\n#", "permissions: write-all\n\n#"),
        "no permissions said": ("    permissions: {}\n", ""),
        "a token that is not needed": (
            "      contents: read\n    steps",
            "      contents: read\n      id-token: write\n    steps",
        ),
    },
    ("permissions_are_minimal", "validate.yml"): {
        "a right to write that is not needed": ("      contents: read\n", "      contents: write\n"),
        "packages": ("      contents: read\n", "      contents: read\n      packages: write\n"),
    },
    ("actions_are_pinned", "promote-prod.yml"): {
        "an action by its tag": ("actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1", "actions/checkout@v7"),
        "an action by a short hash": (
            "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1",
            "actions/checkout@3d3c42e",
        ),
    },
    ("actions_are_pinned", "validate.yml"): {
        "a container by its tag": (
            "    timeout-minutes: 15\n",
            "    timeout-minutes: 15\n    container: python:3.13\n",
        ),
    },
    ("jobs_end", "promote-prod.yml"): {
        "no time limit": ("    timeout-minutes: 180\n", ""),
        "a runner of one's own": ("runs-on: ubuntu-24.04", "runs-on: self-hosted"),
        "no concurrency": ("concurrency:\n  group: promote-prod\n  cancel-in-progress: false\n", ""),
    },
    ("releases_are_not_broken_off", "promote-prod.yml"): {
        "beside a rollback": ("group: environment-prod", "group: promote-prod-now"),
        "cancelled by the next": ("      cancel-in-progress: false\n", "      cancel-in-progress: true\n"),
    },
    ("releases_are_not_broken_off", "rollback-prod.yml"): {
        "waits for the release": (
            "    environment: prod-rollback\n",
            "    environment: prod-rollback\n    concurrency:\n      group: environment-prod\n",
        ),
        "a signal ends at the shell": ("run: exec .venv", "run: .venv"),
        "cancelled as a whole": ("\n  cancel-in-progress: false\n", "\n  cancel-in-progress: true\n"),
    },
    ("nobody_outside_decides", "validate.yml"): {
        "others' code with rights": ("  pull_request:\n", "  pull_request_target:\n"),
        "a branch's name as a command": ("run: make audit", "run: make audit ${{ github.head_ref }}"),
        "a secret for pull requests": (
            "run: make audit",
            "run: make audit\n        env:\n          A: ${{ secrets.A }}",
        ),
    },
    ("nobody_outside_decides", "promote-prod.yml"): {
        "an input as a command": ('--run "$RUN"', '--run "${{ inputs.sit_run }}"'),
        "a token beside the code": ("persist-credentials: false", "persist-credentials: true"),
        "other code than the run's": (
            "persist-credentials: false",
            "persist-credentials: false\n          ref: develop",
        ),
    },
    ("no_key_is_stored", "promote-prod.yml"): {
        "a stored key": ("role-duration-seconds: 7200", "aws-access-key-id: ${{ secrets.KEY }}"),
        "a secret key by another name": (
            "SMOKE_API_KEY: ${{ secrets.SMOKE_API_KEY }}",
            "K: ${{ secrets.AWS_SECRET_ACCESS_KEY }}",
        ),
    },
    ("no_key_is_stored", "cost-report.yml"): {
        "another role": ("role/bbws-orders-report-prod", "role/github-2-bbws-order-lambda-prod"),
    },
    ("steps_end_at_the_first_failure", "validate.yml"): {
        "no shell is named": ("    shell: bash\n", "    working-directory: .\n"),
        "a step has its own": ("run: make audit", "run: make audit\n        shell: sh"),
    },
    ("no_logic", "validate.yml"): {
        "a shell that decides": ("run: make audit", "run: make audit || true"),
        "an error that does not count": (
            "        run: make audit",
            "        continue-on-error: true\n        run: make audit",
        ),
    },
    ("no_logic", "promote-prod.yml"): {
        "a condition": (
            "        if: failure() && steps.change.outcome == 'failure'\n",
            "        if: github.actor == 'admin'\n",
        ),
    },
}

BROKEN = list(_all())
