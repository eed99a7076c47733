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
LONGEST = 60  # characters of a formula in a message
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
    """Return the value of a formula; raises `ConfigError` that shows where it begins."""
    try:
        return _value(parse(text), figures)
    except ConfigError as error:
        raise ConfigError(f"formula `{_short(text)}`: {error}") from None
    except RecursionError:
        raise ConfigError(f"formula `{_short(text)}`: is nested too deeply") from None


def parse(text: str) -> ast.expr:
    """Return the tree of a formula; raises `ConfigError` if it is not one."""
    try:
        return ast.parse(f"({text}\n)", mode="eval").body  # a formula may take several lines
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ConfigError("is not a formula") from None


def names_in(node: ast.expr) -> set[str]:
    """Return the names of figures in a formula (and pieces of them)."""
    parts = [each for each in ast.walk(node) if isinstance(each, ast.Name | ast.Attribute)]
    return {_source(each) for each in parts}


def _short(text: str) -> str:
    """Return a formula in one line, its beginning if it is a long one."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."


def _value(node: ast.expr, figures: Figures) -> Quantity:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return Quantity(_float(number))
        case ast.Name() | ast.Attribute():
            return figures.named(_dotted(node))
        case ast.BinOp() if type(node.op) in OPERATORS:
            operate = OPERATORS[type(node.op)]
            return operate(_value(node.left, figures), _value(node.right, figures))
        case ast.UnaryOp(op=ast.USub()):
            return -_value(node.operand, figures)
        case ast.Call(func=ast.Name(id=name), keywords=[]):
            return figures.called(name, [_argument(each, figures) for each in node.args])
    raise ConfigError(f"`{_source(node)}` is not a number, a name, a reading, + - * or /")


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        raise ConfigError("a number is too large") from None


def _source(node: ast.expr) -> str:
    """Return the text of a part of a formula."""
    try:
        return _short(ast.unparse(node))
    except (ValueError, RecursionError):  # Python prints no integer of more than 4300 digits
        return "a part of it"


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
    raise ConfigError(f"`{_source(node)}` is not a name")
