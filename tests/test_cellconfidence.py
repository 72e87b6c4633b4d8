import itertools
import json

from gxml.cellconfidence import agreed, alone, differing
from gxml.shipped import models


def test_more_sure_readers_are_never_worth_less():
    grid = [0.0, 0.05, 0.3, 0.6, 0.9, 0.97, 0.99, 0.999, 1.0]
    for low, high in itertools.pairwise(grid):
        assert alone(low) <= alone(high)
        for other in grid:
            assert agreed(low, other) <= agreed(high, other)
            assert differing(low, other)[0] <= differing(high, other)[0]
            assert differing(other, low)[1] <= differing(other, high)[1]


def test_sure_readers_that_agree_are_beyond_correction_and_unsure_ones_are_not():
    assert agreed(0.999, 0.999) > 0.985
    assert agreed(0.06, 0.4) < 0.9
    assert all(0 <= p <= 1 for p in (alone(0.0), alone(1.0), *differing(0.0, 1.0), *differing(1.0, 0.0)))


def test_the_maps_belong_to_the_number_reader_that_is_shipped():
    maps = json.loads((models() / "cell_confidence" / "maps.json").read_text("utf-8"))
    config = json.loads((models() / "number_reader" / "config.json").read_text("utf-8"))
    assert maps["number_reader"] == config["sha256"]
    for curve in maps["maps"].values():
        assert curve["log_odds"] == sorted(curve["log_odds"])
        assert curve["right"] == sorted(curve["right"])
        assert len(curve["right"]) == len(curve["log_odds"])
