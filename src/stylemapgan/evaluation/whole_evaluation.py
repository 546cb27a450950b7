"""A whole evaluation in one call: `stylemapgan.evaluate`."""

from collections.abc import Sequence
from pathlib import Path

from stylemapgan.config.engine import EngineConfig
from stylemapgan.config.evaluation import EvaluationConfig, JudgeConfig
from stylemapgan.evaluation import run
from stylemapgan.evaluation.records import EvaluationRecord
from stylemapgan.evaluation.report import write_report
from stylemapgan.evaluation.setup import (
    describe_subject,
    open_context,
    open_judges,
    open_models,
)
from stylemapgan.evaluation.tasks.task_registry import choose_tasks


def evaluate(  # noqa: PLR0913 - all but three have defaults
    model: Path | str,
    data: Path | str,
    output: Path | str,
    *,
    tasks: Sequence[str] = (),
    methods: Sequence[str] = (),
    beside: Sequence[Path] = (),
    config: EvaluationConfig | None = None,
    judges: JudgeConfig | None = None,
    engine: EngineConfig | None = None,
) -> EvaluationRecord:
    """Measure a model, and write the folder and the page that `stylemapgan evaluate` writes.

    An interrupted evaluation continues when called again: finished tasks are not repeated.

    Args:
        model: Name of a bundled model, a model file, or a folder that `stylemapgan export` wrote.
        data: Folder of photos the model has never seen.
        output: Folder for the evaluation: new, or of the same evaluation.
        tasks: Names of tasks, such as `reconstruction`; all that the data allow by default.
        methods: Names of methods, such as `w-plus`; all by default.
        beside: Model files of other methods to measure beside it, or folders of them.
        config: How much is measured.
        judges: Networks that judge.
        engine: What runs the model.

    Returns:
        Figures with intervals: `record.tasks[0].findings.figures`.

    Raises:
        CheckpointError: There is no such model.
        ConfigError: There is no such task or method.
        DataError: The data cannot be used, or the folder holds another evaluation.
        MissingExtraError: A package is not installed.
    """
    engine = engine or EngineConfig()
    chosen = choose_tasks(tasks)
    editor, others = open_models(str(model), beside, engine)
    opened = open_judges(judges or JudgeConfig(), engine.device)
    context = open_context(
        editor, Path(data), config or EvaluationConfig(), opened, methods=methods, beside=others
    )
    subject = describe_subject(str(model), editor, context, opened, beside=beside)
    record = run.evaluate(context, chosen, Path(output), subject)
    write_report(Path(output), record)
    return record
