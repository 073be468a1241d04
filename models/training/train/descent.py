"""Adam for as long as a machine is lent: the rate rises, then falls with the minutes that are left."""

from __future__ import annotations

import math
import time

import torch


class Descent:
    """
    `groups` are Adam's, each with the rate `top` that it reaches after `warm` of the time. `while descent.goes_on():`
    sets rates and clears gradients; `step(loss)` descends. `spent` are the seconds of an earlier start of the same run.
    """

    def __init__(
        self, groups: list[dict], minutes: float, warm: float, weight_decay: float, spent: float = 0.0
    ) -> None:
        self.adam = torch.optim.AdamW(groups, lr=0.0, weight_decay=weight_decay, betas=(0.9, 0.98))
        self.minutes, self.warm, self.began = minutes, warm, time.time() - spent

    def seconds(self) -> float:
        return time.time() - self.began

    def goes_on(self) -> bool:
        done = self.seconds() / (60 * self.minutes)
        if done >= 1:
            return False
        for group in self.adam.param_groups:
            group["lr"] = group["top"] * min(1.0, done / self.warm + 0.02) * (0.5 + 0.5 * math.cos(math.pi * done))
        self.adam.zero_grad(set_to_none=True)
        return True

    def step(self, loss: torch.Tensor) -> None:
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for group in self.adam.param_groups for p in group["params"]], 1.0)
        self.adam.step()
