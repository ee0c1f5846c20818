// SPDX-License-Identifier: Apache-2.0
// `holdfast ckpt watch DIR`: a line for each checkpoint as it becomes complete, for scripts that
// copy or evaluate them. It looks again when the kernel tells of a change, and every now and then
// anyway, because the kernel does not tell what other nodes do on a shared file system.
#include "cli/ckpt/background_sums.hpp"
#include "cli/ckpt/look.hpp"
#include "cli/ckpt/subverbs.hpp"
#include "cli/ckpt/words.hpp"
#include "cli/printable.hpp"
#include "holdfast/checkpoint/changes.hpp"
#include "holdfast/common/text.hpp"

#include <memory>
#include <set>

namespace holdfast::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto options_of_watch = with_look_options(std::array{
    OptionSpec{"every", Takes::text, "TIME", "look again at least so often; 10s"},
    OptionSpec{"count", Takes::number, "N", "end after so many"},
    OptionSpec{"timeout", Takes::text, "TIME", "end after so long, with status 1"},
    OptionSpec{"new-only", Takes::nothing, "", "pass over those that are complete already"},
    OptionSpec{"manifest", Takes::nothing, "", "sum up each in the background"},
    OptionSpec{"rate", Takes::text, "RATE", "read at most so much a second for that; 200M"},
    OptionSpec{"json", Takes::nothing, "", "print each as a JSON object"},
});

constexpr std::uint64_t usual_rate = std::uint64_t{200} << 20U;  // what no job will notice

/// The summing-up in the background, where it is wanted.
Result<std::unique_ptr<BackgroundSums>> sums_of(const ParsedOptions& options) {
  DeepWish wish;
  wish.bytes_per_second = usual_rate;
  if (const auto text = options.value("rate")) {
    const auto rate = parse_rate(*text);
    if (!rate) return Failure(rate.error()).within("--rate");
    wish.bytes_per_second = *rate;
  }
  if (!options.has("manifest")) return nullptr;
  const auto look = look_at_directory(options, options.operands().front());
  if (!look) return look.error();
  return std::make_unique<BackgroundSums>(look->root, look->sidecar, look->patience, wish);
}

bool is_good(const checkpoint::Listed& listed) {
  return listed.judgement.verdict == checkpoint::Verdict::good &&
         listed.judgement.reached >= checkpoint::Level::edges;
}

/// What identifies one save: the same name written again is another one.
using Key = std::pair<std::string, std::optional<checkpoint::Time>>;

class Watch {
 public:
  Watch(bool json, Caller& caller) : json_(json), caller_(caller) {}

  /// Tells what became complete since the last time; how many these are.
  unsigned tell_new(const checkpoint::Catalogue& catalogue, bool silent) {
    unsigned told = 0;
    for (std::size_t left = catalogue.newest_first.size(); left != 0; --left) {
      const checkpoint::Listed& listed = catalogue.newest_first[left - 1];
      const Key key{listed.checkpoint.path, listed.checkpoint.committed};
      if (!is_good(listed) || !seen_.insert(key).second || silent) continue;
      if (json_)
        caller_.out << listed_json(listed) << std::endl;
      else
        caller_.out << shown_path(listed.checkpoint) << ": good, "
                    << printable(listed.judgement.why) << std::endl;
      ++told;
    }
    return told;
  }

 private:
  bool json_;
  Caller& caller_;
  std::set<Key> seen_;
};

/// Oldest first, so that the newest is taken next.
void hand_over(const checkpoint::Catalogue& catalogue, BackgroundSums& sums, Voice& voice) {
  for (std::size_t left = catalogue.newest_first.size(); left != 0; --left)
    if (is_good(catalogue.newest_first[left - 1])) sums.add(catalogue.newest_first[left - 1]);
  for (const std::string& news : sums.take_news())
    voice.note(news);
}

/// The last ones are summed up to their end, as far as there is time.
void finish(BackgroundSums& sums, Clock::time_point until, Voice& voice) {
  sums.wait(until);
  for (const std::string& news : sums.take_news())
    voice.note(news);
}

/// Those that may still become good are listened to.
void add_unfinished(const checkpoint::Catalogue& catalogue, checkpoint::Changes& changes) {
  for (const checkpoint::Listed& listed : catalogue.newest_first)
    if (!is_good(listed)) changes.add(listed.checkpoint);
}

Result<ExitStatus> run_watch(const ParsedOptions& options, Caller& caller) {
  if (options.operands().empty())
    return Failure{FailureKind::bad_input,
                   "the directory of checkpoints is missing",
                   "write `holdfast ckpt watch DIR`",
                   {}};
  const auto every = duration_of(options, "every", std::chrono::seconds(10));
  if (!every) return every.error();
  const auto timeout = duration_of(options, "timeout", std::chrono::hours(24 * 365));
  if (!timeout) return timeout.error();
  const auto until = Clock::now() + *timeout;
  const auto wanted = count_of(options, "count", 0);  // 0: without end
  if (!wanted) return wanted.error();
  const auto sums = sums_of(options);
  if (!sums) return sums.error();
  Watch watch(options.has("json"), caller);
  unsigned told = 0;
  for (bool first = true;; first = false) {
    // Opened anew each time: the directory may come, go and come again.
    const auto look = look_at_directory(options, options.operands().front());
    if (!look) return look.error();
    checkpoint::Changes changes(look->root);
    const auto catalogue = read_catalogue(*look);
    if (!catalogue) return catalogue.error();
    told += watch.tell_new(*catalogue, first && options.has("new-only"));
    if (*sums) hand_over(*catalogue, **sums, caller.voice);
    if (*wanted != 0 && told >= *wanted) {
      if (*sums) finish(**sums, until, caller.voice);
      return ExitStatus::ok;
    }
    if (Clock::now() >= until) return ExitStatus::negative;
    add_unfinished(*catalogue, changes);
    changes.wait(std::min(until, Clock::now() + *every));
  }
}

}  // namespace

const Verb ckpt_watch{
    .name = "ckpt watch",
    .summary = "print each checkpoint as it becomes complete",
    .about =
        "Prints a line for every good checkpoint in DIR, those that are there and then each one\n"
        "as it becomes complete. Ends with 0 after --count of them, with 1 after --timeout.\n"
        "--manifest makes sums of each in the background, for `verify --deep` to compare with.",
    .operands = {.shown = "DIR", .at_most = 1, .is_command = false},
    .options = options_of_watch,
    .examples =
        "holdfast ckpt watch --new-only /scratch/run7/ckpt\n"
        "holdfast ckpt watch --manifest --rate 100M /scratch/run7/ckpt",
    .run = run_watch,
};

}  // namespace holdfast::cli
