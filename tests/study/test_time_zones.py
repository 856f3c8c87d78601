"""Rows with a time zone go the whole way: fitted, recorded, loaded by MLflow, asked again."""

import mlflow.pyfunc
import pytest

from dsframework.data import load_panel
from dsframework.spec import spec_from_dict
from dsframework.study import run_study
from dsframework.tracking import download_model, load_pipeline


@pytest.mark.parametrize(
    "data", [{"loader": "sample", "n_entities": 2, "n_days": 12, "frequency": "1h"}, {"loader": "csv", "path": "bars.csv"}]
)
def test_intraday_rows_with_a_zone_are_recorded_with_a_model_that_mlflow_can_ask(data, tmp_path):
    offsets = ["+01:00", "Z"]
    lines = [f"2024-01-{day:02d}T{hour:02d}:30:00{offsets[day % 2]},{day * hour}" for day in range(1, 25) for hour in range(1, 6)]
    (tmp_path / "bars.csv").write_text("\n".join(["time,volume", *lines]))
    spec = spec_from_dict(
        {
            "name": f"zone-{data['loader']}",
            "task": "regression",
            "data": data,
            "target": {"column": "volume"},
            "features": [{"lag": {"columns": ["volume"], "periods": [0, 1]}}, {"calendar": ["hour", "minute"]}],
            "split": {"cv": {"folds": 2}},
            "models": ["ridge"],
            "metrics": ["mae"],
        }
    )
    (experiment,) = run_study(spec, base=tmp_path).result.experiments
    assert experiment.error is None
    rows = load_panel(spec.data, base=tmp_path).frame
    assert rows["time"].dtype.time_zone is not None
    ours = load_pipeline(experiment.run_id).predict(rows)

    served = mlflow.pyfunc.load_model(str(download_model(experiment.run_id, tmp_path / "model")))
    naive = rows.with_columns(rows["time"].dt.replace_time_zone(None)).to_pandas()
    assert served.predict(naive)["prediction"].tolist() == pytest.approx(ours["prediction"].to_list(), abs=1e-9)
