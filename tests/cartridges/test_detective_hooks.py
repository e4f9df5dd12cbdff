"""git_detective's hooks: nothing twice, no verdict from one look, and no invented files."""

from types import SimpleNamespace

import pytest
from real_git import lines

from looplet.types import ToolCall


@pytest.fixture
def nothing_twice(detective):
    module = detective.load("hooks/05_NothingTwice/hook.py")
    hook = module.NothingTwice(evidence=["hotspots", "file_age", "contributors"])
    hook.pre_loop(None, None, None)
    return hook


def call(hook, tool, error=None, **args):
    """What the hook says to a call, which is made if it says nothing."""
    made = ToolCall(tool, args)
    if (answer := hook.pre_dispatch(None, None, made, 1)) is None:
        hook.post_dispatch(None, None, made, SimpleNamespace(error=error), 1)
    return answer and answer.block


def test_the_same_is_not_asked_twice_and_the_model_is_told_what_to_do(nothing_twice):
    assert call(nothing_twice, "overview") is None
    assert "Call `hotspots` now" in call(nothing_twice, "overview")
    assert call(nothing_twice, "hotspots", by="lines", limit=3) is None
    assert "Call `file_age` now" in call(nothing_twice, "hotspots", limit=3, by="lines")
    assert call(nothing_twice, "hotspots", by="commits") is None
    assert call(nothing_twice, "contributors") is None
    assert "Call `done` now" in call(nothing_twice, "overview")


def test_what_failed_is_not_asked_twice_either_and_is_no_evidence(nothing_twice):
    assert call(nothing_twice, "hotspots", error="no such folder", under="x") is None
    assert "Call `hotspots` now" in call(nothing_twice, "hotspots", under="x")
    assert call(nothing_twice, "hotspots") is None


def test_an_answer_may_be_given_again_and_a_new_run_knows_nothing(nothing_twice):
    assert call(nothing_twice, "done", headline="x") is None
    assert call(nothing_twice, "done", headline="x") is None
    call(nothing_twice, "hotspots")
    nothing_twice.pre_loop(None, None, None)
    assert call(nothing_twice, "hotspots") is None


def test_a_resumed_run_knows_what_was_asked(detective, nothing_twice):
    call(nothing_twice, "hotspots")
    kept = nothing_twice.save_state()
    other = detective.load("hooks/05_NothingTwice/hook.py").NothingTwice(evidence=["hotspots"])
    other.restore_state(kept)
    assert "Call `done` now" in call(other, "hotspots")


@pytest.fixture
def evidence_first(detective):
    module = detective.load("hooks/10_EvidenceFirst/hook.py")
    hook = module.EvidenceFirst(evidence=("hotspots", "file_age"), kinds=2)
    hook.pre_loop(None, None, None)
    return hook


def after(hook, tool, error=None):
    result = SimpleNamespace(error=error)
    assert hook.post_dispatch(None, None, SimpleNamespace(tool=tool), result, 1) is None


def refusal(hook):
    return hook.check_done(None, None, None, 1)


def test_two_kinds_of_evidence_are_needed(evidence_first):
    after(evidence_first, "overview")
    after(evidence_first, "hotspots")
    after(evidence_first, "hotspots")
    assert "Call `file_age` now" in refusal(evidence_first)
    after(evidence_first, "file_age")
    assert refusal(evidence_first) is None


def test_where_nothing_can_be_read_that_is_the_answer(evidence_first):
    assert refusal(evidence_first)
    after(evidence_first, "overview", error="not a repository")
    assert refusal(evidence_first) is None


def test_one_failure_does_not_open_the_door(evidence_first):
    after(evidence_first, "hotspots")
    after(evidence_first, "file_age", error="bad argument")
    assert refusal(evidence_first)


def test_each_run_begins_anew(evidence_first):
    after(evidence_first, "hotspots")
    after(evidence_first, "file_age")
    evidence_first.pre_loop(None, None, None)
    assert refusal(evidence_first)


@pytest.fixture
def real_files(detective, repo):
    repo.commit({"src/core.py": lines(3), "src/old.py": "x\n"})
    repo.git("rm", "-q", "src/old.py")
    repo.commit({}, day=1)
    module = detective.load("hooks/20_RealFiles/hook.py")
    hook = module.RealFiles(repository=detective.resource("repository", repo=str(repo.path)))

    def check(*files):
        findings = [{"file": file} for file in files]
        return hook.check_done(None, None, None, 1, ToolCall("done", {"findings": findings}))

    check.hook = hook
    return check


@pytest.mark.parametrize("name", [".", "src/core.py", "src", "src/", "src/old.py"])
def test_what_the_history_knows_may_be_named(real_files, name):
    assert real_files(name) is None


def test_an_invented_file_is_refused_with_the_one_that_was_meant(real_files):
    said = real_files("src/core.py", "src/cores.py", "zzz")
    assert "`src/cores.py` (did you mean `src/core.py`?), `zzz`." in said


def test_without_findings_there_is_nothing_to_invent(real_files):
    assert real_files() is None
    assert real_files.hook.check_done(None, None, None, 1) is None


def test_without_a_repository_no_file_is_real(detective, tmp_path):
    repository = detective.resource("repository", repo=str(tmp_path / "nowhere"))
    hook = detective.load("hooks/20_RealFiles/hook.py").RealFiles(repository=repository)
    call = ToolCall("done", {"findings": [{"file": "a.py"}]})
    assert "`a.py`" in hook.check_done(None, None, None, 1, call)
