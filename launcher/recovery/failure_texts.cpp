// SPDX-License-Identifier: Apache-2.0
// The table. What stands higher is looked at first: proofs, then echoes (an echo often quotes the
// error of somebody else), then everything else.
#include "recovery/failure_texts.hpp"

#include <array>

namespace holdfast::recovery {

namespace {

using enum Weight;

constexpr FailureText sure(std::string_view pattern, Cause cause, std::string_view means) {
  return {pattern, cause, proof, true, cause, means};
}
constexpr FailureText of_node(std::string_view pattern,
                              Cause cause,
                              Cause everywhere,
                              std::string_view means) {
  return {pattern, cause, root, true, everywhere, means};
}
constexpr FailureText plain(std::string_view pattern,
                            Cause cause,
                            Weight weight,
                            std::string_view means) {
  return {pattern, cause, weight, false, cause, means};
}
constexpr FailureText heard(std::string_view pattern, std::string_view means) {
  return {pattern, Cause::network, echo, false, Cause::network, means};
}
constexpr FailureText said(std::string_view pattern) {
  return {pattern, Cause::unknown, advice, false, Cause::unknown, "advice"};
}

constexpr std::array table = {
    // A GPU that is gone or lies, in the driver's and the runtime's words.
    sure("uncorrectable ECC error encountered", Cause::hardware, "GPU memory beyond correction"),
    sure("fell off the bus", Cause::hardware, "a GPU fell off the bus"),
    sure("fallen off the bus", Cause::hardware, "a GPU fell off the bus"),
    sure("GPU is lost", Cause::hardware, "the driver has lost a GPU"),
    sure("Unable to determine the device handle", Cause::hardware, "the driver has lost a GPU"),
    sure("NET/IB*async fatal event*device fatal", Cause::hardware, "a NIC failed"),

    // Advice that frameworks print below an error.
    said("CUDA kernel errors might be asynchronously reported"),
    said("CUDA_LAUNCH_BLOCKING"),
    said("TORCH_USE_CUDA_DSA"),
    said("HIP_LAUNCH_BLOCKING"),

    // Somebody else is gone.
    heard("remote process exited or there was a network error", "NCCL lost a peer"),
    heard("ncclRemoteError", "NCCL lost a peer"),
    heard("NCCL communicator was aborted", "NCCL gave up with the others"),
    heard("communicator encountered a fatal error", "NCCL gave up with the others"),
    heard("Watchdog caught collective operation timeout", "a collective timed out"),
    heard("operations have failed or timed out", "a collective timed out"),
    heard("Timed out waiting *ms for", "a collective timed out"),
    heard("taking the entire process down", "a collective timed out"),
    heard("To avoid data inconsistency", "a collective timed out"),
    heard("Heartbeat monitor timed out", "a collective timed out"),
    heard("Got completion *IBV_WC_WR_FLUSH_ERR", "a connection was flushed"),
    heard("Connection reset by peer", "a peer closed its connection"),
    heard("Connection closed by", "a peer closed its connection"),
    heard("ConnectionResetError", "a peer closed its connection"),
    heard("Broken pipe", "a peer closed its connection"),
    heard("BrokenPipeError", "a peer closed its connection"),
    heard("Software caused connection abort", "a peer closed its connection"),
    heard("Socket closed", "a peer closed its connection"),
    heard("failed to recv, got 0 bytes", "a peer closed its connection"),
    heard("Connection was likely closed", "a peer closed its connection"),
    heard("Invalid access of peer GPU memory over nvlink", "a peer's GPU memory went away"),
    heard("ChildFailedError", "torchrun tells of a worker"),
    heard("SignalException", "torchrun was told to end"),
    heard("closing signal SIG", "torchrun ends its workers"),
    heard("MPI_ABORT was invoked", "MPI ends all ranks"),
    heard("application called MPI_Abort", "MPI ends all ranks"),
    heard("communication peer process has unexpectedly disconnected", "MPI lost a peer"),
    heard("lost connection to", "MPI lost a peer"),
    heard("PMIX ERROR", "PMIx tells of another rank"),
    heard("PMIX_ERR_", "PMIx tells of another rank"),
    heard("PMIx_Abort", "PMIx ends all ranks"),
    heard("noticed that process rank", "mpirun tells of a rank"),
    heard("unhandled cuda error", "NCCL stumbled over an error of CUDA"),
    heard("instance of 'c10::DistBackendError'", "a collective failed"),
    heard("KeyboardInterrupt", "it was interrupted"),

    // Memory.
    plain("CUDA out of memory", Cause::out_of_memory, root, "GPU memory ran out"),
    plain("HIP out of memory", Cause::out_of_memory, root, "GPU memory ran out"),
    plain("XPU out of memory", Cause::out_of_memory, root, "GPU memory ran out"),
    plain("torch.OutOfMemoryError", Cause::out_of_memory, root, "GPU memory ran out"),
    plain("CUDA error: out of memory", Cause::out_of_memory, root, "GPU memory ran out"),
    plain("RESOURCE_EXHAUSTED: Out of memory", Cause::out_of_memory, root, "GPU memory ran out"),
    plain("DefaultCPUAllocator: can't allocate", Cause::out_of_memory, root, "memory ran out"),
    plain("DataLoader worker *killed by signal: Killed",
          Cause::out_of_memory,
          root,
          "a data loader was killed, most likely for memory"),
    plain("std::bad_alloc", Cause::out_of_memory, root, "memory ran out"),
    plain("MemoryError", Cause::out_of_memory, root, "memory ran out"),
    plain("CUBLAS_STATUS_ALLOC_FAILED", Cause::out_of_memory, weak, "GPU memory ran out"),

    // A node that cannot run what others can.
    of_node("no CUDA-capable device is detected",
            Cause::hardware,
            Cause::user_error,
            "the node shows no GPU"),
    of_node("device(s) is/are busy or unavailable",
            Cause::hardware,
            Cause::user_error,
            "somebody else holds a GPU"),
    of_node("system not yet initialized",
            Cause::hardware,
            Cause::hardware,
            "NVLink's fabric is not up"),
    of_node("CUDA driver version is insufficient",
            Cause::hardware,
            Cause::user_error,
            "the driver is too old for the program"),
    of_node("unsupported display driver / cuda driver",
            Cause::hardware,
            Cause::user_error,
            "driver and runtime do not fit"),
    of_node("Driver/library version mismatch",
            Cause::hardware,
            Cause::hardware,
            "driver and library do not fit"),
    of_node("Failed to bind NVLink SHARP",
            Cause::hardware,
            Cause::hardware,
            "NVLink's multicast is not up"),
    of_node("Got non-fatal async event: port error",
            Cause::network,
            Cause::network,
            "a port of a NIC went down"),
    plain("uncorrectable NVLink error", Cause::hardware, weak, "an NVLink failed"),

    // The fabric.
    plain("IBV_WC_RETRY_EXC_ERR", Cause::network, root, "InfiniBand got no answer from a peer"),
    plain("IBV_WC_RNR_RETRY_EXC_ERR", Cause::network, weak, "a peer was too slow for InfiniBand"),
    plain("IBV_WC_LOC_PROT_ERR", Cause::user_error, root, "InfiniBand refused an access to memory"),
    plain("IBV_WC_REM_ACCESS_ERR", Cause::user_error, root, "InfiniBand refused an access"),
    plain("GID table change", Cause::network, weak, "a NIC changed its addresses"),
    of_node("Call to ibv_", Cause::network, Cause::user_error, "a call to InfiniBand failed"),
    of_node("no socket interface found",
            Cause::network,
            Cause::user_error,
            "NCCL found no network to use"),
    plain("NCCL version mismatch", Cause::user_error, root, "ranks have different NCCLs"),
    plain("ncclInvalidUsage", Cause::user_error, root, "NCCL was used wrongly"),
    plain("ncclInvalidArgument", Cause::user_error, root, "NCCL was used wrongly"),
    plain("ncclSystemError", Cause::network, weak, "a system call of NCCL failed"),
    plain("ncclInternalError", Cause::network, weak, "NCCL failed"),
    plain("No route to host", Cause::network, weak, "a host could not be reached"),
    plain("Network is unreachable", Cause::network, weak, "a network could not be reached"),
    plain("Connection refused", Cause::network, weak, "a host refused a connection"),
    plain("Connection timed out", Cause::network, weak, "a host did not answer"),
    plain("client socket has timed out", Cause::network, weak, "the rendezvous did not answer"),
    plain("Name or service not known", Cause::network, weak, "a name could not be resolved"),
    plain("failure in name resolution", Cause::network, weak, "a name could not be resolved"),
    plain("Address already in use", Cause::network, weak, "a port was taken"),

    // What was resumed from.
    sure("PytorchStreamReader failed", Cause::bad_checkpoint, "a torch file is torn"),
    sure("SafetensorError", Cause::bad_checkpoint, "a safetensors file is torn"),
    sure("UnpicklingError", Cause::bad_checkpoint, "a pickle is torn"),
    sure("EOFError: Ran out of input", Cause::bad_checkpoint, "a file ends too early"),
    sure("invalid header or archive is corrupted", Cause::bad_checkpoint, "an archive is torn"),
    plain("loading state_dict", Cause::bad_checkpoint, root, "the state does not fit the model"),
    plain("size mismatch for", Cause::bad_checkpoint, root, "the state does not fit the model"),
    plain("Missing key(s) in state_dict", Cause::bad_checkpoint, root, "the state lacks keys"),
    plain("unexpected EOF", Cause::bad_checkpoint, weak, "a file ends too early"),

    // File systems.
    of_node("/dev/shm/*No space left", Cause::storage, Cause::storage, "/dev/shm is full"),
    of_node("creating shared memory segment", Cause::storage, Cause::storage, "/dev/shm is full"),
    plain("Disk quota exceeded", Cause::user_error, proof, "the disk quota is used up"),
    of_node("No space left on device", Cause::storage, Cause::storage, "a file system is full"),
    of_node("Read-only file system", Cause::storage, Cause::storage, "a file system is read-only"),
    of_node("Input/output error", Cause::storage, Cause::storage, "a file system failed"),
    of_node("Stale file handle", Cause::storage, Cause::storage, "a file system went away"),
    of_node("Transport endpoint is not connected",
            Cause::storage,
            Cause::storage,
            "a file system went away"),
    of_node(
        "transport endpoint shutdown", Cause::storage, Cause::storage, "a file system went away"),

    // The program.
    plain("error while loading shared libraries", Cause::user_error, proof, "a library is missing"),
    plain("the following arguments are required", Cause::user_error, root, "wrong arguments"),
    plain("error: unrecognized arguments", Cause::user_error, root, "wrong arguments"),
    plain(
        "device-side assert triggered", Cause::user_error, root, "an assertion on the GPU failed"),
    plain("illegal memory access was encountered",
          Cause::user_error,
          root,
          "the GPU was told a wrong address"),
    plain("misaligned address", Cause::user_error, root, "the GPU was told a wrong address"),
    plain("illegal instruction was encountered", Cause::user_error, root, "a bad GPU kernel"),
    plain("unspecified launch failure", Cause::user_error, root, "a GPU kernel failed"),
    plain("launch timed out and was terminated", Cause::user_error, root, "a GPU kernel hung"),
    plain("terminate called", Cause::user_error, root, "an exception nobody caught"),
    plain("double free or corruption", Cause::user_error, root, "the program corrupted its memory"),
    plain("malloc(): ", Cause::user_error, weak, "the program corrupted its memory"),
    plain("panicked at", Cause::user_error, root, "the program panicked"),
    plain("forrtl: severe", Cause::user_error, root, "the Fortran runtime ended it"),
    plain("ERROR STOP", Cause::user_error, root, "the program stopped itself"),
    plain("ERROR on proc ", Cause::user_error, root, "the program stopped itself"),
    plain("Assertion *failed", Cause::user_error, weak, "an assertion failed"),
    plain("Permission denied", Cause::user_error, weak, "something may not be read or written"),
    plain("No such file or directory", Cause::user_error, weak, "a file is missing"),
    plain("Too many open files", Cause::user_error, weak, "too many files are open"),
    plain("can't start new thread", Cause::user_error, weak, "too many threads"),
    plain("loss is nan", Cause::user_error, weak, "the loss is not a number"),
};

static_assert(table.size() <= most_failure_texts);

}  // namespace

std::span<const FailureText> failure_texts() { return table; }

}  // namespace holdfast::recovery
