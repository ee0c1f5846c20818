#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes checkpoints with the real PyTorch, and loads files with it.

  real_torch.py write DIR    state.pt, legacy.pt and dcp/step-7/ into DIR
  real_torch.py load FILE    prints the sum of the tensor "weight" in FILE

Exit 3: there is no PyTorch here.
"""
import dataclasses
import os
import sys

# PyTorch 1.13 has dataclass defaults that Python 3.11 refuses for not being hashable.
plain_dataclass = dataclasses.dataclass


def hashable_dataclass(cls=None, /, **options):
    def make(made):
        if "__hash__" not in made.__dict__ and not options.get("frozen"):
            options.setdefault("unsafe_hash", True)
        return plain_dataclass(**options)(made)

    return make if cls is None else make(cls)


dataclasses.dataclass = hashable_dataclass

try:
    import torch
except ImportError:
    sys.exit(3)


def write(directory):
    torch.manual_seed(7)
    state = {
        "model": {"weight": torch.rand(64, 64) + 1, "bias": torch.rand(64)},
        "half": torch.ones(33, dtype=torch.float16),
        "flags": torch.zeros(5, dtype=torch.bool),
        "global_step": 700,
    }
    torch.save(state, os.path.join(directory, "state.pt"))
    torch.save(state, os.path.join(directory, "legacy.pt"), _use_new_zipfile_serialization=False)
    try:
        from torch.distributed.checkpoint import FileSystemWriter, save_state_dict
    except ImportError:
        from torch.distributed._shard.checkpoint import FileSystemWriter, save_state_dict
    step = os.path.join(directory, "dcp", "step-7")
    os.makedirs(step)
    parts = {"model.weight": state["model"]["weight"], "model.bias": state["model"]["bias"], "epoch": {"number": 3}}
    save_state_dict(parts, FileSystemWriter(step), no_dist=True)


def load(file):
    state = torch.load(file, map_location="cpu")
    weight = state["model"]["weight"] if isinstance(state, dict) else state
    print(f"{float(weight.double().sum()):.6f}")


if sys.argv[1] == "write":
    write(sys.argv[2])
else:
    load(sys.argv[2])
