// SPDX-License-Identifier: Apache-2.0
// The life of a run, as a pure machine: what it hears in, what is to be done out. It reads no
// clock, opens no file and starts nothing, so a test drives it through thousands of bad nights in a
// second. A supervisor that takes over makes the same machine from the log and goes on: start path
// and recovery path are one.
#pragma once

#include "holdfast/events/run_state.hpp"
#include "holdfast/recovery/decide.hpp"
#include "holdfast/supervise/effect.hpp"
#include "holdfast/supervise/happening.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holdfast::supervise {

/// What does not change while a supervisor lives.
struct Plan {
  std::string job;
  std::string host;  ///< ours
  unsigned restart{};
  std::vector<std::string> allocation;  ///< nodes of the job, in Slurm's order
  std::set<std::string> excluded;       ///< by the user's srun -x
  unsigned wanted{};                    ///< nodes of an attempt of full size
  unsigned ranks{};                     ///< of full size
  recovery::Policy policy;
  std::vector<std::string> command;
  std::map<std::string, std::string> policy_words;  ///< for the log
  std::string version;

  bool successor{};              ///< took over: the sentinels are there already
  bool script_gone{};            ///< and the batch script's host is another one
  std::string predecessor;       ///< the host of who was succeeded
  std::int64_t silent_ms{};      ///< how long it was silent
  std::optional<unsigned> keep;  ///< nodes to keep where Slurm gave more; nothing: all
  bool looks_first{};            ///< the nodes are looked at before some are chosen
  bool explains{};               ///< every decision is told with what it rests on
  bool submits_again{};          ///< instead of a requeue that a dead node would hold up
  bool program_requeues{};       ///< Slurm's warnings are the program's affair
  int save_signal{};             ///< what asks ranks to save; 0: nothing does
  std::int64_t save_lead_ms{120'000};
  /// Patience with sentinels at the start; after it those that came are started anew without the
  /// others, which takes return_ms at most.
  std::int64_t join_ms{30'000};
  /// Patience with spares once enough nodes are there. Longer than srun takes to find out that a
  /// node is dead: it ends the step of all sentinels then, and ranks would go with them.
  std::int64_t spare_wait_ms{12'000};
  std::int64_t return_ms{10'000};    ///< patience with sentinels that are started anew
  std::int64_t launch_ms{600'000};   ///< patience with a step whose ranks do not show up
  std::int64_t grace_ms{300};        ///< between SIGTERM and SIGKILL of a lost attempt's ranks
  std::int64_t teardown_ms{20'000};  ///< patience with a living node's teardown
  /// Patience with srun once all ranks are gone: what they said last is still on its way through
  /// it, and then it ends by itself.
  std::int64_t last_words_ms{1'000};
  /// The same where a node was lost, for which srun would wait for minutes.
  std::int64_t last_words_of_others_ms{100};
  std::int64_t gather_ms{300};
  std::int64_t look_ms{30'000};  ///< how often checkpoints are looked at while all is well
};

enum class Phase {
  gathering,  ///< sentinels come in
  choosing,   ///< the catalogue is being read
  waiting,    ///< a back-off, or restarts are paused
  running,    ///< an attempt is started; its ranks may not all be there
  saving,     ///< as running, and a checkpoint was asked for
  stopping,   ///< its ranks are being ended
  judging,    ///< evidence is being gathered
  handing_back,
  ended,
};
[[nodiscard]] std::string_view word_of(Phase phase);

class Machine {
 public:
  /// `before` is the replayed log; empty at the very start.
  Machine(Plan plan, events::RunState before);

  /// The first effects. Once, before any happening.
  [[nodiscard]] std::vector<Effect> begin(Now now);
  [[nodiscard]] std::vector<Effect> on(const Happening& happening, Now now);

  /// Steady time by which a Tick is wanted; nothing: only news matter.
  [[nodiscard]] std::optional<std::int64_t> wake_at() const { return wake_; }
  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] bool is_told_to_end() const { return stop_asked_.has_value(); }
  [[nodiscard]] unsigned attempt() const { return attempt_.number; }

 private:
  /// Why ranks are being ended, and what follows.
  enum class Aim { judge, requeue_after_save, restart, stop_after_save, end_well, taken_over };

  struct Current {
    unsigned number{};
    std::vector<std::string> nodes;  ///< in rank order
    unsigned ranks{};
    std::optional<recovery::Resume> resume;
    std::int64_t started_steady{}, started_wall{};
    std::int64_t running_wall{};
    std::optional<std::uint64_t> newest_step;  ///< it saved itself
    std::vector<recovery::RankExit> exits;
    std::vector<recovery::LostNode> lost;
    std::optional<recovery::SlurmVerdict> slurm;
    std::optional<recovery::HangSigns> hang;
    std::string first_sign;  ///< a sentence: what ended it
    std::int64_t stopped_wall{};
    std::optional<std::int64_t> silent_ms;  ///< before that sign, where it is one of silence
    int exit{};
    std::string never_started;  ///< why srun could not even be run
    bool state_unwritable{};    ///< … because the state directory takes nothing
    bool step_over{true};
    bool aborted{};                           ///< srun said that all ranks of the step are ended
    std::optional<SrunSaid> killed_by_abort;  ///< told of before the rank that failed
    std::int64_t abort_deadline{};            ///< until when that one is waited for
  };

  // each happening (machine_hear.cpp)
  void forgive_where_needed();
  void hear(const Tick&, Now);
  void hear(const Joined&, Now);
  void hear(const Lost&, Now);
  void hear(const Back&, Now);
  void hear(const Broke&, Now);
  void hear(const TornDown&, Now);
  void hear(const RanksSeen&, Now);
  void hear(const SrunSaid&, Now);
  void hear(const StepEnded&, Now);
  void hear(const CatalogueRead&, Now);
  void hear(const Gathered&, Now);
  void hear(const Hung&, Now);
  void hear(const EndIsNear&, Now);
  void hear(const StopAsked&, Now);
  void hear(const Told&, Now);
  void hear(const GivenBack&, Now);
  void hear(const HandedBack&, Now);
  void hear(const Wired&, Now);
  void hear(const StateUnseen&, Now);
  void hear(const Deposed&, Now);

  // gathering and starting (machine_start.cpp)
  void gather_or_go(Now now);
  [[nodiscard]] bool waits_for_look(Now now);
  void give_back_the_rest();
  void read_catalogue(Now now);
  void chosen(const recovery::Choice& choice, Now now);
  void start(std::vector<std::string> nodes,
             std::optional<recovery::Resume> resume,
             std::string why,
             Now now);
  void too_few(Now now);

  // what srun says of its ranks and nodes (machine_srun.cpp)
  void rank_failed(const SrunSaid& said, Now now);
  bool is_killed_by_abort(const SrunSaid& said, Now now);
  bool lost_by_slurm(const std::vector<std::string>& nodes);
  void ranks_ended(const SrunSaid& said, Now now);

  // while it runs and how it ends (machine_loss.cpp)
  void step_ended(const StepEnded& ended, Now now);
  void node_lost(const Lost& lost, Now now);
  void sentinel_lost(const Lost& lost, Now now);
  void node_came(const std::string& node, Now now);
  [[nodiscard]] bool waits_for_sentinels(Now now) const;
  void torn_down(const TornDown& torn, Now now);
  void stop(Aim aim, std::string sign, Now now);
  void look_whether_stopped(Now now);
  [[nodiscard]] bool waits_for_last_words(Now now);
  void stopped(Now now);
  void judge(Now now);
  void judge_when_all_is_known(Now now);
  void decide_now(Now now);
  void carry_out(const recovery::Decision& decision, Now now);
  void carry_on(Now now);

  // saving, people, and the end (machine_save.cpp)
  void ask_to_save(Aim then, std::string why, std::optional<unsigned> reply, Now now);
  void save_failed(Now now);
  void saw_checkpoint(const recovery::Choice& choice, Now now);
  [[nodiscard]] events::CheckpointSeen checkpoint_record(const recovery::Choice& choice,
                                                         std::optional<std::uint64_t> step) const;
  void told(const Told& told, Now now);
  void tell_of_pause(Now now);
  void ticked(Now now);
  void hand_back(std::vector<std::string> exclude, const std::string& why, Now now);
  void end(int exit, std::string verdict, std::string why, Now now);

  void write(events::Body body) { effects_.emplace_back(Write{std::move(body)}); }
  void say(std::string sentence) { effects_.emplace_back(Say{std::move(sentence)}); }
  void set_wake(Now now);
  [[nodiscard]] std::optional<std::int64_t> next_fence(Now now) const;
  [[nodiscard]] std::int64_t wake_while_stopping(Now now) const;
  [[nodiscard]] bool lives(const std::string& node) const { return living_.contains(node); }
  void rule_out(const std::string& node, std::string why);
  [[nodiscard]] bool usable(const std::string& node) const;
  [[nodiscard]] std::vector<std::string> usable_nodes() const;
  [[nodiscard]] std::vector<std::string> pick_nodes() const;
  [[nodiscard]] std::string leaf_of(const std::string& node) const;
  [[nodiscard]] int exit_of_attempt() const;
  [[nodiscard]] bool slurm_restarts() const;
  [[nodiscard]] recovery::Ground ground() const;
  [[nodiscard]] recovery::Evidence evidence(Now now) const;
  [[nodiscard]] std::optional<std::uint64_t> detection_ms() const;
  [[nodiscard]] std::vector<events::RankBlock> rank_blocks(const std::vector<std::string>& nodes,
                                                           unsigned ranks) const;
  [[nodiscard]] unsigned ranks_for(std::size_t nodes) const;

  Plan plan_;
  recovery::History history_;
  Phase phase_{Phase::gathering};
  std::vector<Effect> effects_;
  std::optional<std::int64_t> wake_;

  std::set<std::string> living_, ever_lost_, unfit_;
  std::map<std::string, std::int64_t> fenced_at_;  ///< of nodes not heard
  std::set<std::string> returning_;                ///< nodes whose sentinels are started anew
  std::int64_t return_deadline_{};
  std::set<std::string> condemned_;
  std::int64_t began_steady_{};
  std::optional<std::int64_t> enough_since_;

  Current attempt_;
  unsigned last_number_{};
  Aim aim_{Aim::judge};
  std::set<std::string> to_tear_down_;
  std::vector<std::string> torn_, unreachable_;
  std::int64_t stop_steady_{}, stop_deadline_{}, tear_again_{};
  std::optional<std::int64_t> last_words_until_;  ///< once all ranks are gone
  std::optional<Gathered> gathered_;
  std::optional<recovery::Choice> choice_;
  unsigned asked_catalogue_{};
  bool judged_{};                           ///< the loss of the attempt is in history_ already
  std::optional<recovery::Decision> next_;  ///< while waiting
  std::int64_t next_at_{};

  /// A save that was asked for: first the newest checkpoint is looked up, then the ranks are
  /// signalled, then a newer one is waited for.
  struct Save {
    Aim then{Aim::judge};  ///< Aim::judge: the attempt goes on
    std::string why;
    bool signalled{};
    std::optional<std::uint64_t> newest_before;
    std::int64_t asked_steady{}, deadline{}, look_at{};
    std::optional<unsigned> reply;
  };
  std::optional<Save> save_;
  bool catalogue_busy_{};
  std::int64_t next_look_{};
  std::int64_t look_again_{};  ///< the catalogue could not be read: when to ask again
  struct Pause {
    std::string user;
    std::int64_t since_wall{};
  };
  std::optional<Pause> paused_;            ///< no attempt is started until somebody takes it back
  std::optional<std::string> stop_asked_;  ///< why; nothing is started any more
  std::optional<int> exit_after_hand_back_;
  std::map<std::string, std::string> leaf_;  ///< of nodes, where it is known
  enum class FirstLook { not_asked, asked, done };
  FirstLook first_look_{FirstLook::not_asked};
  std::set<std::string> given_back_;
};

}  // namespace holdfast::supervise
