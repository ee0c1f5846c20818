#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small training job that can be killed at any moment and goes on where it was.

One process per rank, joined by gloo over the network; started by train.sbatch. What a program owes to `holdfast run` is
all here: it saves so that a checkpoint is either whole or not there, and it loads the one named by HOLDFAST_RESUME_FROM.

The run is the same to the last bit however often it was interrupted: data depend on step and rank alone, and gradients
are averaged with one all_reduce per parameter. (DistributedDataParallel regroups its buckets after the first step of a
process, and so sums in another order after a restart.)
"""
import argparse
import os
import socket

import torch
import torch.distributed as ranks

FEATURES, HIDDEN, BATCH, KEPT = 32, 256, 512, 3


def read_words():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--dir", required=True, help="where checkpoints and the final weights go")
    words.add_argument("--steps", type=int, default=100)
    words.add_argument("--save-every", type=int, default=5)
    return words.parse_args()


def batch_of(step, rank, world):
    """What this rank learns from in this step: a function of nothing else, so that a step can be done again."""
    source = torch.Generator().manual_seed(step * world + rank)
    inputs = torch.randn(BATCH, FEATURES, generator=source)
    return inputs, inputs[:, :8].sin().sum(dim=1, keepdim=True)


def average_gradients(model, world):
    for parameter in model.parameters():
        ranks.all_reduce(parameter.grad)
        parameter.grad /= world


def sync(path):
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def save(directory, step, model, optimizer):
    """Under a name no reader takes for a checkpoint, until every byte of it is on the disk."""
    final = os.path.join(directory, f"step-{step:06d}.pt")
    torch.save({"step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, final + ".tmp")
    sync(final + ".tmp")
    os.rename(final + ".tmp", final)
    sync(directory)
    for old in sorted(name for name in os.listdir(directory) if name.endswith(".pt"))[:-KEPT]:
        os.unlink(os.path.join(directory, old))


def write_weights(path, model):
    """The bare bytes of all weights, to be compared with those of another run."""
    with open(path + ".tmp", "wb") as file:
        for parameter in model.parameters():
            file.write(parameter.detach().numpy().tobytes())
    os.rename(path + ".tmp", path)


def main():
    words = read_words()
    ranks.init_process_group("gloo")  # RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT are set by holdfast
    rank, world = ranks.get_rank(), ranks.get_world_size()
    torch.set_num_threads(1)  # how a product is divided among threads decides its last bits, and nodes may differ
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(FEATURES, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, HIDDEN), torch.nn.ReLU(),
        torch.nn.Linear(HIDDEN, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    step = 0
    resume = os.environ.get("HOLDFAST_RESUME_FROM")
    if resume:
        state = torch.load(resume)
        step = state["step"]
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
    checkpoints = os.path.join(words.dir, "ckpt")
    os.makedirs(checkpoints, exist_ok=True)
    print(f"rank {rank} of {world} on {socket.gethostname()} starts at step {step}", flush=True)
    while step < words.steps:
        inputs, targets = batch_of(step, rank, world)
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(inputs), targets)
        loss.backward()
        average_gradients(model, world)
        optimizer.step()
        step += 1
        if rank == 0 and (step % words.save_every == 0 or step == words.steps):
            print(f"step {step} loss {loss.item():.6f}", flush=True)
            save(checkpoints, step, model, optimizer)
    if rank == 0:
        write_weights(os.path.join(words.dir, "weights.bin"), model)
    ranks.barrier()


if __name__ == "__main__":
    main()
