// SPDX-License-Identifier: Apache-2.0
#include "recovery/advice.hpp"

#include "holdfast/common/text.hpp"

namespace holdfast::recovery {

std::string advice_for(const Loss& loss) {
  const std::string nodes = join(loss.blamed, ", ");
  switch (loss.cause) {
    case Cause::user_error:
      return "put the program, its input or its srun line right and submit again; its own words "
             "stand in the attempt's stderr";
    case Cause::out_of_memory:
      return "ask for more memory or let the program use less, and submit again";
    case Cause::bad_checkpoint:
      return "see whether the program still fits its checkpoints (`holdfast ckpt explain`), and "
             "submit again";
    case Cause::walltime:
      return "submit again with --requeue, or with more time; it goes on from its newest good "
             "checkpoint";
    case Cause::preempted:
      return "submit again with --requeue; it goes on from its newest good checkpoint";
    case Cause::node_lost:
    case Cause::hardware:
      return nodes.empty() ? "tell the administrators, and submit again"
                           : cat("tell the administrators about ",
                                 nodes,
                                 ", and submit again without (--exclude)");
    case Cause::network:
      return "have the fabric between the job's nodes looked at, and submit again";
    case Cause::storage:
      return "see whether the file systems of the job answer and have space, and submit again";
    case Cause::hang:
      return "look where the ranks stood still, or give a longer --hang-timeout, and submit again";
    case Cause::launch_failed:
      return "see why Slurm does not start the ranks (the attempt's stderr), and submit again";
    case Cause::no_progress:
    case Cause::cancelled:
    case Cause::unknown:
      break;
  }
  return "look at the last lines of the attempt's stderr, and submit again";
}

std::string advice_for_no_progress(const Loss& loss) {
  return cat("save more often than the attempts last, or see what ends them (",
             phrase_of(loss.cause),
             "), and submit again");
}

}  // namespace holdfast::recovery
