// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/settling.hpp"

#include "holdfast/common/text.hpp"

namespace holdfast::checkpoint {

void settle(Judgement& judgement, const Tree& tree, const Context& context) {
  const bool trusting =
      judgement.verdict == Verdict::good && judgement.flags.contains(Flag::without_inventory);
  if (judgement.verdict != Verdict::unfinished && judgement.verdict != Verdict::damaged &&
      !trusting)
    return;
  const Time newest = tree.newest_entry();
  if (newest + context.quiet <= context.now) return;
  if (newest > context.now + context.quiet) return;  // no clock that can be believed
  judgement.verdict = Verdict::in_flight;
  judgement.settles_at = newest + context.quiet;
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(context.now - newest).count();
  judgement.why = cat(
      "may still be written, last change ", age < 0 ? 0 : age, " s ago; so far: ", judgement.why);
}

}  // namespace holdfast::checkpoint
