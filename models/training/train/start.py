"""Where training begins: projections in closed form.

Questions and the segments that answer them are two views of one thing; canonical correlation analysis (Hotelling 1936;
shrunk, as in ridge-CCA) gives the directions in which they agree most. With 13,000 questions this start alone ranked
better than eight epochs of gradient descent from random projections (MRR .646 against .614), and descent from it is
better than both.
"""

from __future__ import annotations

import torch

SHRINK = 0.3  # of the mean variance, added to every variance
LENGTH = 4.0  # mean length of a projected vector: about that of a trained one


def projections(
    questions: torch.Tensor, partners: torch.Tensor, spans: torch.Tensor, key_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """
    questions [Q, D], partners [Q, D] (the mean over the spans of each question's segment), spans [N, D] -> two [d_k,
    D].
    """
    asked, meant = questions.double(), partners.double()
    cross = (asked - asked.mean(0)).T @ (meant - meant.mean(0)) / len(asked)
    left, right = _whitening(asked), _whitening(spans.double())
    u, strength, v = torch.linalg.svd(left @ cross @ right)
    scale = torch.diag(strength[:key_size].sqrt())
    return _to_length(scale @ u[:, :key_size].T @ left, asked), _to_length(scale @ v[:key_size] @ right, spans.double())


def _whitening(rows: torch.Tensor) -> torch.Tensor:
    covariance = rows.T @ rows / len(rows)
    covariance += SHRINK * covariance.diagonal().mean() * torch.eye(rows.shape[1], dtype=rows.dtype)
    values, vectors = torch.linalg.eigh(covariance)
    return vectors @ torch.diag(values**-0.5) @ vectors.T


def _to_length(projection: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    return (projection * (LENGTH / (rows @ projection.T).norm(dim=-1).mean())).float()
