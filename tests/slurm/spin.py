# SPDX-License-Identifier: Apache-2.0
"""spin.py SECONDS: ranks that average numbers with each other; in the first attempt rank 1 computes for nothing after SECONDS.

The others then wait for it in a barrier. In a later attempt all end well after a tenth of that time.
"""
import os
import sys
import time

import torch
import torch.distributed as ranks

seconds = float(sys.argv[1])
first = os.environ["HOLDFAST_ATTEMPT"] == "1"
torch.set_num_threads(1)
ranks.init_process_group("gloo")
rank = ranks.get_rank()
weights = torch.randn(256, 256)
began = told = time.monotonic()
while True:
    for _ in range(5):
        weights = torch.tanh(weights @ weights)
    ranks.all_reduce(weights)
    weights /= ranks.get_world_size()
    # all leave the loop in the same step: rank 0's clock decides
    over = torch.tensor([float(time.monotonic() - began > (seconds if first else seconds / 10))])
    ranks.broadcast(over, 0)
    if rank == 0 and time.monotonic() - told > 1:
        told = time.monotonic()
        print(f"{told - began:.0f} s, {weights.abs().mean().item():.6f}", flush=True)
    if over.item():
        break
while first and rank == 1:
    pass
ranks.barrier()
