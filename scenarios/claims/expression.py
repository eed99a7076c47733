"""The formulas of claims: arithmetic over named figures and readings of the emulator.

    note3.fpga.power / table3.fpga.rate
    energy('lab', 'controller + front_end') / energy('asic', 'update')

Names are figures, calls are readings; +, -, *, / and parentheses join them. A formula is parsed by
Python's own parser and walked; nothing of it is ever executed as Python.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Protocol

from emulator import ConfigError

from .quantity import Quantity

Argument = Quantity | str
OPERATORS: Mapping[type[ast.operator], Callable[[Quantity, Quantity], Quantity]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}


class Figures(Protocol):
    """Where the names and calls of a formula come from."""

    def named(self, name: str) -> Quantity:
        """Return the figure called `name`; raises `ConfigError` if there is none."""

    def called(self, name: str, arguments: list[Argument]) -> Quantity:
        """Return a reading; raises `ConfigError` if there is none of this name."""


def evaluate(text: str, figures: Figures) -> Quantity:
    """Return the value of a formula; raises `ConfigError` that shows the formula."""
    try:
        return _value(parse(text), figures)
    except ConfigError as error:
        raise ConfigError(f"formula `{text}`: {error}") from None


def parse(text: str) -> ast.expr:
    """Return the tree of a formula; raises `ConfigError` if it is not one."""
    try:
        return ast.parse(f"({text}\n)", mode="eval").body  # a formula may take several lines
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ConfigError("is not a formula") from None


def _value(node: ast.expr, figures: Figures) -> Quantity:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return Quantity(float(number))
        case ast.Name() | ast.Attribute():
            return figures.named(_dotted(node))
        case ast.BinOp() if type(node.op) in OPERATORS:
            operate = OPERATORS[type(node.op)]
            return operate(_value(node.left, figures), _value(node.right, figures))
        case ast.UnaryOp(op=ast.USub()):
            return -_value(node.operand, figures)
        case ast.Call(func=ast.Name(id=name), keywords=[]):
            return figures.called(name, [_argument(each, figures) for each in node.args])
    raise ConfigError(f"`{ast.unparse(node)}` is not a number, a name, a reading, + - * or /")


def _argument(node: ast.expr, figures: Figures) -> Argument:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return _value(node, figures)


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=whole, attr=name):
            return f"{_dotted(whole)}.{name}"
    raise ConfigError(f"`{ast.unparse(node)}` is not a name")
