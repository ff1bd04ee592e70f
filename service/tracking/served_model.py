"""What MLflow copies beside a model and runs to serve it: code, and so nothing pickled.

It runs where swara is installed. What goes in and out is `swara.service.tracking.serving`'s to say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel


class ServedModel(PythonModel):  # type: ignore[misc]
    """A head or an embedder as MLflow's ``pyfunc``."""

    def load_context(self, context: Any) -> None:
        """Open what was registered."""
        from swara.service.tracking.serving import opened

        self._answer = opened(context.model_config["kind"], Path(context.artifacts["files"]))

    def predict(
        self,
        context: Any,
        model_input: np.ndarray,  # the only hint of arrays that MLflow takes
        params: dict[str, Any] | None = None,
    ) -> Any:
        """Answer for each row of an array."""
        del context, params
        return self._answer(model_input)


set_model(ServedModel())
