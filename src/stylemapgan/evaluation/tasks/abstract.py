"""What every task of an evaluation is."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import ClassVar, final

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Findings, Sheet
from stylemapgan.methods.abstract import AbstractMethod, Capability


class AbstractTask(ABC):
    """One question about the methods measured."""

    name: ClassVar[str]
    """On the command line."""
    title: ClassVar[str]
    """Heads its part of the report."""
    about: ClassVar[str]
    """What is asked, and how: one to three sentences for the report."""
    needs: ClassVar[Capability | None] = None
    """What a method must be able to do; others are left out."""

    def obstacle(self, context: EvaluationContext) -> str | None:
        """Say in one sentence why this data cannot answer the question; None if it can."""
        del context
        return None

    def has_maps(self, context: EvaluationContext) -> bool:
        """Tell whether its pictures have maps of parts where test photos do."""
        del context
        return True

    @abstractmethod
    def measure(self, context: EvaluationContext) -> Findings:
        """Answer it for all methods that can do what it needs.

        Everything random follows from the evaluation's seed; batches do not change the result.
        """

    @final
    def methods_left_out(self, context: EvaluationContext) -> dict[str, str]:
        """Say which methods cannot do what the task needs, and why."""
        if self.needs is None:
            return {}
        reasons = {
            each.name: context.why_not(each, self.needs, with_maps=self.has_maps(context))
            for each in context.methods
        }
        return {name: reason for name, reason in reasons.items() if reason is not None}

    @final
    def reason_to_leave_out(self, context: EvaluationContext) -> str | None:
        """Say why the task is not done at all; None if it is."""
        left_out = self.methods_left_out(context)
        if len(left_out) == len(context.methods):
            return f"No method can be measured: {list_reasons(left_out)}."
        return self.obstacle(context)


def by_reason(left_out: Mapping[str, str]) -> dict[str, str]:
    """Put methods of one reason together: `copy pixels, poisson` → why."""
    names: dict[str, list[str]] = {}
    for name, reason in left_out.items():
        names.setdefault(reason, []).append(name)
    return {", ".join(each): reason for reason, each in names.items()}


def list_reasons(left_out: Mapping[str, str]) -> str:
    """List methods with their reasons in one line."""
    return "; ".join(f"{names}: {reason}" for names, reason in by_reason(left_out).items())


def measure_encodings(
    context: EvaluationContext,
    capability: Capability,
    measure: Callable[[AbstractMethod], Findings],
    of_data: Collection[str] = (),
) -> Findings:
    """Measure one method for each encoding, for what methods of one encoding have in common.

    Args:
        context: Whose methods.
        capability: What they need.
        measure: Measures one method.
        of_data: Variants of figures that are the same for all methods; they appear once.

    Returns:
        Findings of the first method as they are; figures, sheets and charts of the others carry
        their method's name.
    """
    found: list[Findings] = []
    for method in context.encodings(capability):
        findings = _signed(measure(method), context.sharing(method), of_data)
        found.append(_named(findings, method.name, of_data) if found else findings)
    return Findings(
        figures=tuple(figure for each in found for figure in each.figures),
        sheets=tuple(sheet for each in found for sheet in each.sheets),
        charts=tuple(chart for each in found for chart in each.charts),
        notes=tuple(dict.fromkeys(note for each in found for note in each.notes)),
        settings=found[0].settings,
    )


def _signed(findings: Findings, methods: tuple[str, ...], of_data: Collection[str]) -> Findings:
    """Say whose figures they are, where a figure does not say so itself."""
    figures = tuple(
        each if each.methods or each.variant in of_data else replace(each, methods=methods)
        for each in findings.figures
    )
    return replace(findings, figures=figures)


def _named(findings: Findings, method: str, of_data: Collection[str]) -> Findings:
    """Put a method's name on everything it found."""
    return replace(
        findings,
        figures=tuple(
            replace(each, variant=with_method(method, each.variant), is_main=False)
            for each in findings.figures
            if each.variant not in of_data
        ),
        sheets=tuple(
            Sheet(f"{slug(method)}-{each.name}", each.images, f"{method}: {each.caption}")
            for each in findings.sheets
        ),
        charts=tuple(replace(each, title=f"{each.title} ({method})") for each in findings.charts),
    )


def with_method(method: str, variant: str) -> str:
    """Name a variant of a method: `poisson, edit and show`."""
    return f"{method}, {variant}" if variant else method


def slug(name: str) -> str:
    """Write a name for files: small letters, digits and hyphens."""
    return name.replace(" ", "-")
