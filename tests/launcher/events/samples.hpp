// SPDX-License-Identifier: Apache-2.0
// Records for tests: one of every kind with every field set, and runs told in a few words.
#pragma once

#include "holdfast/events/record.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::events::testing {

/// One event of each kind, no field at its default.
inline std::vector<Body> one_of_each() {
  return {
      RunStarted{"4711", 2, {"n1", "n2"}, 1, 1, {"srun", "a b", ""}, {{"spares", "1"}}, "0.1.0"},
      TookOver{"n1", 5200},
      NodeJoined{"n1", "10.0.0.1:4000"},
      NodeLost{"n2", "silent on every network", 5000},
      NodeBack{"n2"},
      NodeUnfit{"n2", "a GPU is gone"},
      AttemptStarted{
          3, {"n1", "n2"}, {{"n1", 0, 4}, {"n2", 4, 4}}, ResumePoint{"/c/10", 10, "dcp"}, "first"},
      RanksRunning{3, 812},
      RankFailed{3, 5, "n2", 1, 9, true, true, "srun: error: n2: task 5: Killed"},
      CheckpointSeen{3, "/c/20", 20},
      AttemptEnded{3, 137, 9, 60000},
      LossJudged{3,
                 "node_lost",
                 {"n2"},
                 "n2 is silent",
                 "f00",
                 5100,
                 true,
                 137,
                 {"no beat", "slurmd is gone"}},
      TeardownDone{3, 240, {"n1"}, {"n2"}},
      Decided{3,
              "replace",
              {"n1", "n3"},
              {"n2"},
              ResumePoint{"/c/20", {}, "dcp"},
              1000,
              "a spare is there"},
      Condemned{"/c/20", "two attempts died of it"},
      SaveAsked{"USR1", "walltime", 120000},
      SaveSeen{"/c/30", 30, 9000},
      Control{"ada", "swap", {"n1"}},
      Requeued{"requeue", {"n2"}, "no spare is left"},
      Note{"the checkpoint directory is slow"},
      RunEnded{1, "gave_up", "three attempts without a new checkpoint"},
      Unknown{"moon_phase"},
  };
}

/// Tells a run, a second between two events unless said otherwise.
class Story {
 public:
  Story& tell(Body body, std::int64_t after_ms = 1000) {
    now_ms_ += after_ms;
    records_.push_back({record_version, ++seq_, epoch_, now_ms_, host_, std::move(body), {}});
    return *this;
  }

  Story& succeeded_by(std::string host) {
    ++epoch_;
    host_ = std::move(host);
    return *this;
  }

  [[nodiscard]] const std::vector<Record>& records() const { return records_; }
  [[nodiscard]] std::int64_t now_ms() const { return now_ms_; }

 private:
  std::vector<Record> records_;
  std::uint64_t seq_{};
  std::uint64_t epoch_{1};
  std::int64_t now_ms_{1'700'000'000'000};
  std::string host_{"n1"};
};

/// Two nodes and a spare; the first attempt saves two checkpoints, loses n2, and the second one
/// goes on from the newer checkpoint with n3 to a good end.
inline Story lost_node() {
  Story story;
  story.tell(RunStarted{"4711", 0, {"n1", "n2", "n3"}, 2, 1, {"srun", "./train"}, {}, "0.1.0"});
  for (const char* node : {"n1", "n2", "n3"})
    story.tell(NodeJoined{node, "10.0.0.1:1"}, 0);
  story.tell(AttemptStarted{1, {"n1", "n2"}, {{"n1", 0, 8}, {"n2", 8, 8}}, {}, "the first"}, 0);
  story.tell(RanksRunning{1, 2000}, 2000);
  story.tell(CheckpointSeen{1, "/c/100", 100}, 100'000);
  story.tell(CheckpointSeen{1, "/c/200", 200}, 100'000);
  story.tell(NodeLost{"n2", "silent", 5000}, 50'000);
  story.tell(LossJudged{1, "node_lost", {"n2"}, "n2 is silent", "f", {}, false, 137, {"no beat"}},
             0);
  story.tell(TeardownDone{1, 300, {"n1"}, {"n2"}}, 300);
  story.tell(
      Decided{1, "replace", {"n1", "n3"}, {"n2"}, ResumePoint{"/c/200", 200, "dcp"}, 0, "n3"}, 0);
  story.tell(
      AttemptStarted{
          2, {"n1", "n3"}, {{"n1", 0, 8}, {"n3", 8, 8}}, ResumePoint{"/c/200", 200, "dcp"}, "n3"},
      0);
  story.tell(RanksRunning{2, 1700}, 1700);
  story.tell(CheckpointSeen{2, "/c/300", 300}, 100'000);
  story.tell(AttemptEnded{2, 0, {}, 150'000}, 50'000);
  story.tell(RunEnded{0, "finished", "the last attempt ended with 0"}, 0);
  return story;
}

}  // namespace holdfast::events::testing
