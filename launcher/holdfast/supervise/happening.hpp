// SPDX-License-Identifier: Apache-2.0
// What the supervisor's machine hears of the world. Values only; the shell makes them.
#pragma once

#include "holdfast/recovery/decide.hpp"
#include "holdfast/recovery/evidence.hpp"
#include "holdfast/recovery/srun_messages.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holdfast::supervise {

/// When something was heard. Deadlines are reckoned by `steady_ms`, which no clock jump touches;
/// records carry `wall_ms`.
struct Now {
  std::int64_t steady_ms{};
  std::int64_t wall_ms{};
};

/// Time went by; the machine asked to be woken.
struct Tick {};
struct Joined {
  std::string node, address;
};
struct Lost {
  std::string node, how;
  std::int64_t silent_ms{};
  std::int64_t fenced_at_ms{};  ///< steady: no rank lives there from then on, heard or not
  /// The node is well, but its sentinel was ended and took the ranks with it; another one is
  /// coming.
  bool sentinel_only{};
};
struct Back {
  std::string node;
};
/// A node showed what no rank survives, such as a GPU that fell off the bus: nothing is gained by
/// waiting until its ranks have noticed.
struct Broke {
  std::string node, what;
};
/// A sentinel's answer to TearDown: so many processes of the attempt could not be ended.
struct TornDown {
  std::string node;
  unsigned attempt{};
  unsigned left{};
};
/// How many different ranks of the attempt beats have told of.
struct RanksSeen {
  unsigned attempt{};
  unsigned count{};
};
/// srun said something that is a message of Slurm's.
struct SrunSaid {
  unsigned attempt{};
  recovery::SrunMessage message;
  std::string text;
};
struct StepEnded {
  unsigned attempt{};
  int exit{};
  int signal{};
  std::string never_started{};  ///< why srun could not even be run; empty: it was
  bool state_unwritable{};      ///< … because the state directory takes nothing
};
/// The answer to ReadCatalogue.
struct CatalogueRead {
  recovery::Choice choice;
};
/// The answer to Gather: what srun and the ranks said last, and what their nodes show.
struct Gathered {
  std::vector<recovery::Line> lines;
  std::vector<recovery::NodeSign> signs;
  std::optional<recovery::SlurmVerdict> slurm;
  std::optional<std::int64_t>
      first_gone_ms;  ///< the attempt's first rank to end, by its node's clock
};
/// The job stands still, by HangWatch.
struct Hung {
  unsigned attempt{};
  recovery::HangSigns signs;
};
/// A warning of the end: SIGUSR1 of --signal=B:USR1@…
struct EndIsNear {
  std::string why;
};
/// SIGTERM or SIGINT: `slurm` is what scontrol says of the job then.
struct StopAsked {
  std::string why;
};
/// `holdfast ctl`. `id` is to be answered by Reply.
struct Told {
  unsigned id{};
  std::string user, word;
  std::vector<std::string> args;
};
/// The answer to GiveBack, about its `rest`.
struct GivenBack {
  std::vector<std::string> nodes;
  bool done{};
  std::string why;
};
/// The answer to HandBack.
struct HandedBack {
  bool done{};
  std::string why;  ///< done: something the user should know, or empty
};
/// Which leaf switch the nodes hang on, where the cluster tells.
struct Wired {
  std::map<std::string, std::string> leaf;
};
/// Sentinels of these nodes do not find the state directory, or another one in its place.
struct StateUnseen {
  std::string directory;
  std::vector<std::string> nodes;
};
/// Another supervisor has the run.
struct Deposed {
  std::string why;
};

using Happening = std::variant<Tick,
                               Joined,
                               Lost,
                               Back,
                               Broke,
                               TornDown,
                               RanksSeen,
                               SrunSaid,
                               StepEnded,
                               CatalogueRead,
                               Gathered,
                               Hung,
                               EndIsNear,
                               StopAsked,
                               Told,
                               GivenBack,
                               HandedBack,
                               Wired,
                               StateUnseen,
                               Deposed>;

}  // namespace holdfast::supervise
