// SPDX-License-Identifier: Apache-2.0
// `holdfast ckpt list DIR`: every checkpoint, its verdict, and which one would be resumed from.
#include "cli/ckpt/look.hpp"
#include "cli/ckpt/subverbs.hpp"
#include "cli/ckpt/words.hpp"
#include "cli/printable.hpp"

namespace holdfast::cli {

namespace {

constexpr auto options_of_list = with_look_options(std::array{
    OptionSpec{"json", Takes::nothing, "", "print one JSON object"},
});

Result<ExitStatus> run_list(const ParsedOptions& options, Caller& caller) {
  if (options.operands().empty())
    return Failure{FailureKind::bad_input,
                   "the directory of checkpoints is missing",
                   "write `holdfast ckpt list DIR`",
                   {}};
  const auto look = look_at_directory(options, options.operands().front());
  if (!look) return look.error();
  const auto catalogue = read_catalogue(*look);
  if (!catalogue) return catalogue.error();
  const checkpoint::Time time = now();
  checkpoint::Policy policy = policy_of(*look);
  policy.wait_until = time;  // listing waits for nobody
  const auto choice = checkpoint::select(*catalogue, policy, time);
  if (options.has("json")) {
    caller.out << catalogue_json(look->root, *catalogue, look->wish.condemned, choice, time)
               << '\n';
    return status_of(choice);
  }
  if (!catalogue->newest_first.empty())
    caller.out << checkpoint_table(*catalogue, look->wish.condemned, chosen_index(choice), time);
  for (const checkpoint::Finding& note : catalogue->notes)
    caller.voice.note(printable(note.why));
  caller.voice.note(choice_sentence(*catalogue, choice));
  return status_of(choice);
}

}  // namespace

const Verb ckpt_list{
    .name = "ckpt list",
    .summary = "list the checkpoints in a directory",
    .about =
        "Lists all checkpoints in DIR, newest first, and judges the newest few. A star marks the\n"
        "one to resume from. Exit status: 0 there is one, 1 nothing was saved yet, 3 none is good.",
    .operands = {.shown = "DIR", .at_most = 1, .is_command = false},
    .options = options_of_list,
    .examples = "holdfast ckpt list --candidates 20 /scratch/run7/ckpt",
    .run = run_list,
};

}  // namespace holdfast::cli
