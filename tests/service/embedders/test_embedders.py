"""Every command hears with the embedder that the live version was made with; a rebuild chooses another."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import pytest

from swara.data.audio.decode import load_clip
from swara.data.clip import Clip
from swara.embedder import Embedder, EmbedderSpec, Embeddings, registry
from swara.embedder.errors import ModelAbsent
from swara.embedder.hub.contract import Contract
from swara.raga.errors import SwaraError
from swara.service.adviser.adviser import load_model
from swara.service.embedders.choose import choose_embedder, embedder_called, live_embedder
from swara.service.errors import EmbedderChanged, StoreDamaged, StoreError
from swara.service.rebuild.rebuild import rebuild
from swara.service.store import Layout, current_version, verify_version

FOUND: dict[str, bool] = {}


@dataclass
class Backwards:
    """The built-in embedder under another name, its vectors turned round."""

    release: int = 1

    @property
    def spec(self) -> EmbedderSpec:
        whole = _registered("builtin").spec
        parameters = {"release": self.release}
        return EmbedderSpec("backwards", whole.dim, whole.rate_hz, whole.window_s, whole.hop_s, parameters)

    def embed(self, clip: Clip) -> Embeddings:
        heard = _registered("builtin").embed(clip)
        return Embeddings(heard.vectors[:, ::-1].copy(), heard.times_s, self.spec)


_registered = registry.embedder_named


@pytest.fixture(autouse=True)
def another(monkeypatch: pytest.MonkeyPatch) -> Backwards:
    """A second embedder, whose model may be on this machine or not."""
    one = Backwards()
    FOUND["backwards"] = True

    def named(name: str, *, report: Callable[[str], None] | None = None) -> Embedder:
        if report is not None:
            report(f"looking for {name}")
        if name != "backwards":
            return _registered(name, report=report)
        if not FOUND["backwards"]:
            raise SwaraError("its model is not here", fix="Run: swara models pull backwards")
        return one

    monkeypatch.setattr(registry, "EmbedderName", Literal["builtin", "backwards"])
    monkeypatch.setattr(registry, "embedder_named", named)
    return one


@pytest.fixture
def build(studio, monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Rebuild as the command does."""
    monkeypatch.setattr("swara.service.adviser.adviser.pitch_tracker", lambda name: studio.tracker)

    def run(name: str | None = None, **options: object):
        choice = choose_embedder(studio.store, name)
        return rebuild(studio.store.folder, embedder=choice.embedder, tracker=studio.tracker, **options)

    return run


def _live_name(store: Layout) -> str:
    version = current_version(store)
    assert version is not None
    return verify_version(store, version).embedder.name


def test_a_new_store_is_heard_by_the_built_in_one(studio, build) -> None:
    assert live_embedder(studio.store).spec.name == "builtin"
    assert build().embedder == "builtin"
    assert _live_name(studio.store) == "builtin"


def test_what_is_chosen_is_recorded_and_stays_chosen(studio, build) -> None:
    build()
    result = build("backwards")
    assert (result.embedder, result.embedded, result.from_cache) == ("backwards", 4, 0)
    assert _live_name(studio.store) == "backwards"
    assert build().nothing_new
    studio.add("take 4", singer="singer 1", detuned_cents=20.0)
    result = build()
    assert (result.embedder, result.embedded, result.from_cache) == ("backwards", 1, 4)
    back = build("builtin")
    assert (back.embedder, back.embedded, back.from_cache) == ("builtin", 1, 4)


def test_a_model_hears_with_the_embedder_of_its_version(studio, build) -> None:
    for name in ("backwards", "builtin"):
        build(name)
        model = load_model(studio.store.folder)
        assert model.embedder.spec == embedder_called(name).spec
        assert model.version == current_version(studio.store)


def test_an_embedder_that_has_changed_is_refused_with_the_command(studio, build, another) -> None:
    build("backwards")
    made_with = another.spec.fingerprint
    another.release = 2
    with pytest.raises(EmbedderChanged) as caught:
        load_model(studio.store.folder)
    line = str(caught.value)
    assert f"this one, backwards {another.spec.fingerprint}: with backwards {made_with}." in line
    assert line.endswith("Run: swara rebuild --embedder backwards.")
    build()
    assert load_model(studio.store.folder).embedder.spec.fingerprint != made_with


def test_one_that_is_gone_from_this_machine_is_named_with_two_ways_out(studio, build) -> None:
    build("backwards")
    FOUND["backwards"] = False
    for act in (lambda: load_model(studio.store.folder), build):
        with pytest.raises(StoreError) as caught:
            act()
        line = str(caught.value)
        assert "made with the embedder backwards" in line
        assert ".." not in line
        assert line.endswith(
            "which cannot be had here: its model is not here. Run: swara models pull backwards; "
            "or, to do without it, run: swara rebuild --embedder builtin."
        )
        assert "\n" not in line
    build("builtin")
    assert load_model(studio.store.folder).embedder.spec.name == "builtin"


def test_an_embedder_that_only_a_newer_swara_knows_is_missing_too(studio, build, monkeypatch) -> None:
    build("backwards")
    monkeypatch.setattr(registry, "EmbedderName", Literal["builtin"])
    with pytest.raises(StoreError, match="no embedder is called 'backwards'"):
        load_model(studio.store.folder)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("yamnte", r"'yamnte'\. There is builtin, backwards"),
        ("google/yamnet/1", "swara models pull yamnet;"),
        ("FOLDER/mine.tflite", "swara models pull yamnet-tflite --from FOLDER/mine.tflite; then give that"),
        ("FOLDER", "swara models pull yamnet, or vggish, --from FOLDER; then give that"),
    ],
)
def test_what_is_no_embedder_is_told_how_to_get_one(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "mine.tflite").touch()
    with pytest.raises(ModelAbsent, match=said.replace("FOLDER", str(tmp_path))):
        embedder_called(name.replace("FOLDER", str(tmp_path)))


def test_a_float_model_that_arrives_later_changes_nothing_for_the_tflite_one(
    studio, build, monkeypatch, tmp_path: Path
) -> None:
    """The store that chose the file by its own name goes on with it."""
    monkeypatch.setattr(registry, "EmbedderName", Literal["builtin", "yamnet", "yamnet-tflite"])
    monkeypatch.setattr("swara.embedder.hub.embedder.hub_embedder", _as_builtin)
    for place in ("yamnet-tflite/model.tflite", "yamnet/saved_model/saved_model.pb"):
        file = tmp_path / "models" / place
        file.parent.mkdir(parents=True)
        file.touch()
        made = build("yamnet-tflite") if "tflite" in place else build()
        assert made.embedder == "yamnet-tflite"
    assert made.nothing_new
    assert load_model(studio.store.folder).embedder.spec.name == "yamnet-tflite"
    assert live_embedder(studio.store).spec.parameters["file"] == "model.tflite"
    assert embedder_called("yamnet").spec.parameters["file"] == "saved_model"


def _as_builtin(found: Path, contract: Contract, *_: object, **__: object) -> Embedder:
    """Stand for YAMNet: the built-in one, by the name and the file that were asked for."""
    whole = Backwards().spec
    parameters = {"file": found.name}
    spec = EmbedderSpec(contract.name, whole.dim, whole.rate_hz, whole.window_s, whole.hop_s, parameters)
    return SimpleNamespace(spec=spec, embed=lambda clip: replace(Backwards().embed(clip), spec=spec))


def test_a_version_that_does_not_say_any_more_counts_as_none(studio, build) -> None:
    build("backwards")
    version = current_version(studio.store)
    studio.store.version(version).manifest.write_bytes(b"{}")
    with pytest.raises(StoreDamaged):
        load_model(studio.store.folder)
    choice = choose_embedder(studio.store, None)
    assert choice.embedder.spec.name == "builtin"
    assert "swara rebuild --embedder NAME" in choice.warnings[0]
    assert choose_embedder(studio.store, "backwards").warnings == ()


def test_another_embedder_made_live_in_the_meantime_is_no_fault(studio, build, monkeypatch) -> None:
    build("backwards")
    known = live_embedder

    def late(store: Layout) -> Embedder:
        embedder = known(store)
        if embedder.spec.name == "backwards":
            build("builtin")
        return embedder

    monkeypatch.setattr("swara.service.adviser.adviser.live_embedder", late)
    assert load_model(studio.store.folder).embedder.spec.name == "builtin"


class TestTheCacheOfATake:
    @pytest.fixture
    def model(self, studio, build):
        build()
        return load_model(studio.store.folder)

    def test_what_was_heard_before_is_not_embedded_again(self, studio, model, monkeypatch) -> None:
        known = studio.sounds / "take 0.wav"
        take = Path(shutil.copy(known, studio.sounds / "another.wav"))
        with take.open("ab") as file:  # another file, of the same sound
            file.write(b"\0\0")
        clip, rate_hz = load_clip(take), model.embedder.spec.rate_hz
        first = model.about(take).embedder.embed(clip)
        alone = model.embedder.embed(load_clip(known, rate_hz=rate_hz))
        monkeypatch.setattr(type(model.embedder), "embed", lambda *_: pytest.fail("embedded again"))
        again = model.about(take).embedder.embed(clip)
        assert again.vectors.tobytes() == first.vectors.tobytes()
        assert again.spec == first.spec == model.about(take).embedder.spec
        shared = model.about(known).embedder.embed(load_clip(known, rate_hz=rate_hz))
        assert shared.vectors.tobytes() == alone.vectors.tobytes()

    def test_a_cache_that_cannot_be_written_hinders_nobody(self, studio, model) -> None:
        shutil.rmtree(studio.store.embeddings)
        studio.store.embeddings.write_text("not a folder")
        take: Path = studio.sounds / "take 0.wav"
        clip = load_clip(take, rate_hz=model.embedder.spec.rate_hz)
        assert model.about(take).embedder.embed(clip).times_s.size


def test_whoever_chooses_hears_of_a_model_that_is_converted_first(studio, build) -> None:
    told: list[str] = []
    choose_embedder(studio.store, "backwards", told.append)
    build("backwards")
    choose_embedder(studio.store, None, told.append)
    assert told == ["looking for backwards"] * 2
