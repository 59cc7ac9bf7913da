"""Groups of verbs: they take the global options before their verbs as well as behind them."""

from typing import Any

from typer.core import TyperGroup

from backbeat.cli.usage import NO_VERB, UsageError, behind, is_global_only


class Group(TyperGroup):
    """A group of verbs."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments, the global options that come first behind the verb's own."""
        if args and is_global_only(args) and not ctx.resilient_parsing:
            raise UsageError(NO_VERB, ctx=ctx)
        return super().parse_args(ctx, behind(args))
