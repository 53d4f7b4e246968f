"""check-duplicate says what `remember` would do, shows what is near, and why that is not the same."""

from __future__ import annotations

import pytest

from everlore.app.app import App
from everlore.bench import admission
from everlore.core.errors import InvalidInput

NAMESPACE = "acme/web"


def _keep(app: App, *texts: str) -> list[str]:
    return [app.call("remember", {"text": text, "namespace": NAMESPACE}).id for text in texts]


def _check(app: App, text: str, **more: object):
    return app.call("check-duplicate", {"text": text, "namespace": NAMESPACE, **more})


def test_the_nearest_are_shown_with_the_reason_why_they_are_others(app: App):
    ids = _keep(
        app,
        "Deploy the gateway on Friday afternoons.",
        "Deploy the scheduler on Monday afternoons.",
        "Revenue is reported in euros.",
    )
    found = _check(app, "Do not deploy the gateway on Friday afternoons.")
    assert (found.outcome, found.duplicate) == ("kept", False)
    assert [each.id for each in found.nearest] == ids[:2]
    assert [each.differs for each in found.nearest] == [["negation"], ["negation", "subject"]]
    assert found.nearest[0].why == "a negation differs: not" and found.nearest[0].relation == "other"
    assert found.nearest[0].similarity >= found.nearest[1].similarity >= 0.5


def test_another_value_is_no_duplicate_at_any_threshold(app: App):
    (old,) = _keep(app, "The billing worker retries failed webhooks five times.")
    found = _check(app, "The billing worker retries failed webhooks eight times.", threshold=0.5)
    assert (found.outcome, found.other, found.duplicate) == ("superseded", old, False)
    assert found.nearest[0].relation == "value" and found.nearest[0].differs == ["number"]


def test_the_threshold_lets_small_words_pass(app: App):
    _keep(app, "We format code.")
    assert not _check(app, "Format code.").duplicate
    loose = _check(app, "Format code.", threshold=0.5)
    assert loose.duplicate and loose.outcome == "kept" and loose.nearest[0].differs == []


def test_at_most_five_are_shown_and_the_same_text_first(app: App):
    _keep(app, *(f"Worker {number} of the importer runs in Frankfurt." for number in range(8)))
    found = _check(app, "Worker 4 of the importer runs in Frankfurt")
    assert (found.outcome, found.duplicate, len(found.nearest)) == ("merged", True, 5)
    assert found.nearest[0].id == found.other and found.nearest[0].why == "the same text is kept already"
    assert all(each.differs == ["number"] for each in found.nearest[1:])


@pytest.mark.parametrize("threshold", [0.49, 1.01])
def test_a_threshold_out_of_bounds_is_refused(app: App, threshold: float):
    with pytest.raises(InvalidInput):
        _check(app, "Anything", threshold=threshold)


def test_where_nothing_is_kept_there_is_nothing_near(app: App):
    found = _check(app, "Anything")
    assert (found.outcome, found.duplicate, found.nearest) == ("kept", False, [])


def test_remember_does_what_check_duplicate_says(app: App):
    for number, pair in enumerate(admission.pairs()):
        namespace = f"pairs/n{number}"
        old = app.call("remember", {"text": pair.old, "namespace": namespace})
        said = app.call("check-duplicate", {"text": pair.new, "namespace": namespace})
        done = app.call("remember", {"text": pair.new, "namespace": namespace})
        assert said.outcome == done.outcome and said.duplicate == (done.outcome == "merged"), pair
        if done.outcome != "merged":
            assert app.call("get", {"id": old.id}).memory.text, "the old statement is kept"
