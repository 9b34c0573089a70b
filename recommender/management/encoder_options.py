"""The options of commands that learn from behaviour: which sequence encoder, taught by which loss."""

from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.core.management.base import CommandError

from recommender.encoders.config import FAMILIES, LOSSES, TIMED, LearningConfig


def encoder_options_add(parser: ArgumentParser) -> None:
    """Let a command's caller choose an encoder; what is not chosen stays as the configuration has it."""
    parser.add_argument("--family", choices=FAMILIES, help="the sequence encoder")
    parser.add_argument("--loss", choices=LOSSES, help="what teaches it; auto: by the size of the vocabulary")
    parser.add_argument(
        "--time-bias",
        action="store_true",
        default=None,
        help=f"the encoder reads the time between entries ({' and '.join(TIMED)} can)",
    )


def encoder_options_chosen(options: dict[str, Any]) -> dict[str, Any]:
    """Fields of ``EncoderConfig`` that the caller named."""
    return {name: options[name] for name in ("family", "loss", "time_bias") if options[name] is not None}


def encoder_options_words(options: dict[str, Any]) -> str:
    """What the caller chose as it stands on a command line, a space in front; empty if nothing."""
    chosen = encoder_options_chosen(options)
    words = [f"--{name} {chosen[name]}" for name in ("family", "loss") if name in chosen]
    words += ["--time-bias"] if "time_bias" in chosen else []
    return "".join(f" {word}" for word in words)


def learning_with(learning: LearningConfig, options: dict[str, Any]) -> LearningConfig:
    """``learning`` with the encoder that the caller chose.

    Raises: CommandError where the choices do not go together.
    """
    try:
        return replace(learning, encoder=replace(learning.encoder, **encoder_options_chosen(options)))
    except ValueError as error:
        raise CommandError(str(error)) from error
