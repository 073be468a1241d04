"""Batches of passkey documents, and the loss of their answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from . import text
from .model import PasskeyModel


@dataclass(frozen=True)
class Batch:
    """B documents of S segments of T tokens and Q questions each; places count inside a document."""

    segments: torch.Tensor  # [B, S, T] int64
    questions: torch.Tensor  # [B, Q, T]; the last 5 + 1 tokens before the end are the answer's start and its digits
    at: torch.Tensor  # [B, Q]: the memory that a question reads is the one before this segment
    is_local: torch.Tensor  # [B, Q]: the question's own segment holds the key, the memory does not
    digits: torch.Tensor  # [B, 5]
    holds: torch.Tensor  # [B, S]: segments with a part of the key
    echoes: torch.Tensor  # [B, 5]: where the tokens lie, in a document, that predict the second mention's digits


def make_batch(
    draw: np.random.Generator, documents: int, segments: int, tokens: int, questions: int, local: float
) -> Batch:
    """
    Documents whose key stands anywhere, and questions anywhere after it. A share `local` of the questions has the key
    in its own segment and reads a memory that lacks it.
    """
    rows, asked, ats, locals_, digits, holds, echoes = [], [], [], [], [], [], []
    for _ in range(documents):
        kind = str(draw.choice(text.TRAINED))
        key = draw.integers(0, 10, text.DIGITS)
        length = segments * tokens
        document = text.filler(kind, length, draw).astype(np.int64)
        if draw.random() < 0.5:
            start = text.ids(text.INTRODUCTION)
            document[: len(start)] = start
        place = key_place(draw, segments, tokens)
        document[place : place + text.KEY_LENGTH] = text.key_sentence(key)
        first, end = place // tokens, (place + text.KEY_LENGTH - 1) // tokens + 1
        for _ in range(questions):
            is_local = draw.random() < local
            ats.append(int(draw.integers(0, first + 1)) if is_local else int(draw.integers(end, segments + 1)))
            locals_.append(is_local)
            asked.append(question_segment(draw, kind, key, tokens, is_local))
        rows.append(document)
        digits.append(key)
        holds.append([first <= segment < end for segment in range(segments)])
        echoes.append(place + text.SECOND - 1 + np.arange(text.DIGITS))
    return Batch(
        torch.from_numpy(np.stack(rows)).view(documents, segments, tokens),
        torch.from_numpy(np.stack(asked)).view(documents, questions, tokens),
        torch.tensor(ats).view(documents, questions),
        torch.tensor(locals_).view(documents, questions),
        torch.from_numpy(np.stack(digits)),
        torch.tensor(holds),
        torch.from_numpy(np.stack(echoes)),
    )


def key_place(draw: np.random.Generator, segments: int, tokens: int) -> int:
    """Anywhere in a document; in one of two across a border of segments, which is the harder place."""
    if segments > 1 and draw.random() < 0.5:
        border = int(draw.integers(1, segments)) * tokens
        return border - int(draw.integers(1, text.KEY_LENGTH))
    return int(draw.integers(0, segments * tokens - text.KEY_LENGTH + 1))


def question_segment(
    draw: np.random.Generator, kind: str, key: np.ndarray, tokens: int, is_local: bool, *, tested: bool = False
) -> np.ndarray:
    """The last segment of a document: filler, the question, and the answer without its last digit."""
    ending = np.concatenate([text.question(), text.digit_ids()[key[:-1]]])
    segment = np.concatenate([text.filler(kind, tokens - len(ending), draw, tested=tested), ending]).astype(np.int64)
    if is_local:
        place = int(draw.integers(0, tokens - len(ending) - text.KEY_LENGTH + 1))
        segment[place : place + text.KEY_LENGTH] = text.key_sentence(key)
    return segment


def losses(
    model: PasskeyModel, batch: Batch, gains: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Loss of the answers, loss of the second mentions, and which answers are exact [B, Q]."""
    count, segments, _ = batch.segments.shape
    states, _ = model(batch.segments, model.empty(count), batch.questions, batch.at, gains)
    answers = model.digits(states[:, segments:, -text.DIGITS :]).float()  # [B, Q, 5, 10]
    goal = batch.digits[:, None].expand(answers.shape[:-1])
    answer_loss = F.cross_entropy(answers.flatten(0, 2), goal.flatten())
    flat = states[:, :segments].flatten(1, 2)  # [B, S T, D]
    echoed = model.digits(flat[torch.arange(count)[:, None], batch.echoes]).float()  # [B, 5, 10]
    echo_loss = F.cross_entropy(echoed.flatten(0, 1), batch.digits.flatten())
    return answer_loss, echo_loss, (answers.argmax(-1) == goal).all(-1)
