// SPDX-License-Identifier: Apache-2.0
#include "holdfast/recovery/classify.hpp"

#include "evidence_builder.hpp"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::recovery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::job;

constexpr std::string_view traceback = "Traceback (most recent call last):";

TEST(Classify, BelievesSlurmBeforeEverythingElse) {
  for (const auto& [verdict, cause] :
       {std::pair{SlurmVerdict::time_limit, Cause::walltime},
        std::pair{SlurmVerdict::preempted, Cause::preempted},
        std::pair{SlurmVerdict::cancelled, Cause::cancelled},
        std::pair{SlurmVerdict::requeued_by_person, Cause::cancelled}}) {
    auto evidence = job().exits(3, 1).lost("n2").say(3, "CUDA out of memory").evidence();
    evidence.slurm = verdict;
    const Loss loss = classify(evidence);
    EXPECT_EQ(loss.cause, cause) << word_of(verdict);
    EXPECT_THAT(loss.blamed, IsEmpty());
  }
}

TEST(Classify, HearsOfTheTimeLimitFromTheStep) {
  const Loss loss = classify(
      job()
          .say(
              "slurmstepd: error: *** STEP 5.1 ON n1 CANCELLED AT 2026-01-01 DUE TO TIME LIMIT ***")
          .killed(0, 15)
          .evidence());
  EXPECT_EQ(loss.cause, Cause::walltime);
}

TEST(Classify, BlamesTheLostNodeAndNotItsMournersOrItsNeighbours) {
  const Loss loss = classify(job()
                                 .say(0, "RuntimeError: Connection closed by peer [10.0.0.3]:4")
                                 .exits(0, 1)
                                 .lost("n3")
                                 .evidence());
  EXPECT_EQ(loss.cause, Cause::node_lost);
  EXPECT_THAT(loss.blamed, ElementsAre("n3"));
  EXPECT_TRUE(loss.self_proving);
}

TEST(Classify, TakesTheNodesSlurmNamesAsLost) {
  const Loss loss = classify(job().say("srun: error: Node failure on n[2,4]").evidence());
  EXPECT_EQ(loss.cause, Cause::node_lost);
  EXPECT_THAT(loss.blamed, ElementsAre("n2", "n4"));
}

TEST(Classify, ReadsWhatXidsMean) {
  const auto of = [](const std::string& text) {
    return classify(job().sign("n2", SignKind::xid, text).killed(5, 9).evidence());
  };
  const Loss broken = of("NVRM: Xid (PCI:0000:17:00): 79, pid=1, GPU has fallen off the bus.");
  EXPECT_EQ(broken.cause, Cause::hardware);
  EXPECT_THAT(broken.blamed, ElementsAre("n2"));
  EXPECT_EQ(of("NVRM: Xid (PCI:0000:17:00 GPU-I:05): 48, DBE").cause, Cause::hardware);
  EXPECT_EQ(of("NVRM: Xid (PCI:0000:17:00): 149, NETIR Fatal XC0 i0 Link 08").cause,
            Cause::hardware);
  // What programs cause, what is told of a peer, and a recovery action of "none".
  for (const char* text : {"NVRM: Xid (PCI:0000:17:00): 31, pid=1, MMU Fault",
                           "NVRM: Xid (PCI:0000:17:00): 13, Graphics Exception",
                           "NVRM: Xid (PCI:0000:17:00): 45, preemptive removal",
                           "NVRM: Xid (PCI:0000:17:00): 145, RLW Fatal XC0 i0 Link 08",
                           "NVRM: Xid (PCI:0000:17:00): 154, GPU recovery action changed from 0x1 "
                           "(GPU Reset Required) to 0x0 (None)",
                           "NVRM: Xid (PCI"})
    EXPECT_EQ(of(text).cause, Cause::unknown) << text;
}

TEST(Classify, BlamesNobodyForWhatMostNodesShow) {
  auto evidence = job();
  for (const char* node : {"n1", "n2", "n3"})
    evidence.sign(node, SignKind::port_down, "mlx5_0/1 is down");
  const Loss loss = classify(evidence.evidence());
  EXPECT_EQ(loss.cause, Cause::hardware);
  EXPECT_THAT(loss.blamed, IsEmpty());
}

TEST(Classify, TellsTheLackOfMemoryFromAPlainKill) {
  EXPECT_EQ(classify(job().killed(3, 9).evidence()).cause, Cause::unknown);
  EXPECT_EQ(
      classify(job().killed(3, 9).sign("n2", SignKind::oom_kill, "oom_kill 1").evidence()).cause,
      Cause::out_of_memory);
  EXPECT_EQ(classify(job().out_of_memory(3).evidence()).cause, Cause::out_of_memory);
  EXPECT_EQ(
      classify(job()
                   .killed(3, 9)
                   .say("slurmstepd: error: Detected 1 oom_kill event in StepId=5.0. Some of the "
                        "step tasks have been OOM Killed.")
                   .evidence())
          .cause,
      Cause::out_of_memory);
}

TEST(Classify, ReadsThePythonExceptionWithItsFrame) {
  const Loss loss = classify(job()
                                 .say(2, traceback)
                                 .say(2, "  File \"/home/u/train.py\", line 40, in main")
                                 .say(2, "    step(batch)")
                                 .say(2, "  File \"/home/u/model.py\", line 7, in step")
                                 .say(2, "    raise ValueError('CUDA out of memory')")
                                 .say(2, "ValueError: batch 1234 has no labels")
                                 .exits(2, 1)
                                 .evidence());
  EXPECT_EQ(loss.cause, Cause::user_error);
  EXPECT_THAT(loss.blamed, IsEmpty());
  EXPECT_FALSE(loss.self_proving);
  EXPECT_EQ(loss.fingerprint, "user_error|ValueError: batch # has no labels|model.py:7 in step");
  EXPECT_THAT(loss.why, HasSubstr("rank 2 on n2"));
}

TEST(Classify, StopsAtAModuleThatIsMissing) {
  for (const char* last :
       {"ModuleNotFoundError: No module named 'torchx'",
        "ImportError: cannot import name 'a' from 'b'",
        "ImportError: libx.so: cannot open shared object file: No such file or directory",
        "SyntaxError: invalid syntax"}) {
    const Loss loss = classify(job()
                                   .say(traceback)
                                   .say("  File \"a.py\", line 1, in <module>")
                                   .say(last)
                                   .exits(0, 1)
                                   .evidence());
    EXPECT_EQ(loss.cause, Cause::user_error) << last;
    EXPECT_TRUE(loss.self_proving) << last;
  }
}

TEST(Classify, DoesNotTakeAnImportThatWasCaughtForTheEnd) {
  const Loss loss = classify(job()
                                 .at(0)
                                 .say(traceback)
                                 .say("  File \"a.py\", line 1, in <module>")
                                 .say("ModuleNotFoundError: No module named 'flash_attn'")
                                 .say("flash_attn is not installed, going on without")
                                 .at(3'600'000)
                                 .killed(3, 9)
                                 .evidence());
  EXPECT_EQ(loss.cause, Cause::unknown);
  EXPECT_FALSE(loss.self_proving);
}

TEST(Classify, NeverLetsAnEchoNameTheCulprit) {
  for (const char* line :
       {"RuntimeError: [../gloo/transport/tcp/pair.cc:525] Connection closed by peer [10.0.0.3]:1",
        "ncclRemoteError: A call failed possibly due to a network error or a remote process "
        "exiting",
        "[Rank 0] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=5)",
        "MPI_ABORT was invoked on rank 0 in communicator MPI_COMM_WORLD",
        "PMIX ERROR: UNREACHABLE in file server.c",
        "torch.distributed.elastic.multiprocessing.errors.ChildFailedError:",
        "BrokenPipeError: [Errno 32] Broken pipe"}) {
    const Loss loss = classify(
        job().at(1000).say(0, traceback).say(0, line).killed(3, 9).at(1100).exits(0, 1).evidence());
    EXPECT_EQ(loss.cause, Cause::unknown) << line;
    EXPECT_THAT(loss.blamed, ElementsAre("n2")) << line;
    EXPECT_THAT(loss.why, HasSubstr("rank 3")) << line;
  }
}

TEST(Classify, SeesTheSilentRankBehindTheComplaintsOfAllOthers) {
  auto evidence = job();
  for (unsigned rank = 0; rank < 8; ++rank)
    if (rank != 5)
      evidence.say(rank, "NCCL WARN remote process exited or there was a network error");
  for (unsigned rank = 0; rank < 8; ++rank)
    if (rank != 5) evidence.exits(rank, 1);
  const Loss loss = classify(evidence.evidence());
  EXPECT_EQ(loss.cause, Cause::network);
  EXPECT_THAT(loss.blamed, ElementsAre("n3"));
}

TEST(Classify, BlamesNobodyWhenAllComplain) {
  auto evidence = job();
  for (unsigned rank = 0; rank < 8; ++rank)
    evidence.say(rank, "[Rank 1] Watchdog caught collective operation timeout").exits(rank, 1);
  const Loss loss = classify(evidence.evidence());
  EXPECT_EQ(loss.cause, Cause::network);
  EXPECT_THAT(loss.blamed, IsEmpty());
}

TEST(Classify, SuspectsTheNodeThatAloneShowsNoGpu) {
  const char* text = "RuntimeError: CUDA error: no CUDA-capable device is detected";
  const Loss one = classify(job().say(6, text).exits(6, 1).evidence());
  EXPECT_EQ(one.cause, Cause::hardware);
  EXPECT_THAT(one.blamed, ElementsAre("n4"));
  auto all = job();
  for (unsigned rank = 0; rank < 8; ++rank)
    all.say(rank, text).exits(rank, 1);
  const Loss everywhere = classify(all.evidence());
  EXPECT_EQ(everywhere.cause, Cause::user_error);
  EXPECT_THAT(everywhere.blamed, IsEmpty());
}

TEST(Classify, KnowsWhoSpeaksByTheLabelsOfSrunTorchAndNccl) {
  const char* lost = "fell off the bus";
  for (const std::string& line : {std::string("6: GPU fell off the bus"),
                                  std::string("[rank6]: GPU fell off the bus"),
                                  std::string("[E Proc.cpp:4] [Rank 6] GPU fell off the bus"),
                                  std::string("n4:123:456 [0] NCCL WARN GPU fell off the bus")}) {
    const Loss loss = classify(job().say(line).exits(6, 1).evidence());
    EXPECT_EQ(loss.cause, Cause::hardware) << line;
    EXPECT_THAT(loss.blamed, ElementsAre("n4")) << line;
  }
  EXPECT_THAT(classify(job().say(std::string("600: ") + lost).exits(6, 1).evidence()).blamed,
              IsEmpty());
}

TEST(Classify, CallsACheckpointBadOnlyWhereOneWasLoaded) {
  const auto build = [] {
    return job()
        .say(1, traceback)
        .say(1,
             "RuntimeError: PytorchStreamReader failed reading zip archive: failed finding central "
             "directory")
        .exits(1, 1);
  };
  auto resumed = build().evidence();
  resumed.resumed = true;
  resumed.ran_ms = 5'000;
  EXPECT_EQ(classify(resumed).cause, Cause::bad_checkpoint);
  EXPECT_TRUE(classify(resumed).self_proving);
  resumed.ran_ms = 7'200'000;
  EXPECT_EQ(classify(resumed).cause, Cause::user_error) << "two hours later it is another file";
  const Loss cold = classify(build().evidence());
  EXPECT_EQ(cold.cause, Cause::user_error);
  EXPECT_FALSE(cold.self_proving);
}

TEST(Classify, TellsCrashesOfTheProgramByTheirSignal) {
  const Loss crash = classify(job().killed(3, 11).evidence());
  EXPECT_EQ(crash.cause, Cause::user_error);
  EXPECT_EQ(crash.fingerprint, "user_error|signal 11");
  EXPECT_THAT(crash.why, HasSubstr("SIGSEGV"));
  EXPECT_EQ(classify(job().exits(3, 139).evidence()).fingerprint, crash.fingerprint)
      << "a shell in between makes 139 of it";
}

TEST(Classify, TakesTheFirstEndAndNotTheOnesWeCaused) {
  const Loss loss =
      classify(job().at(500).killed(1, 15).at(1000).exits(3, 7).at(1200).killed(0, 9).evidence());
  EXPECT_EQ(loss.fingerprint, "user_error|exit 7");
}

TEST(Classify, TakesAHangFromTheOneWhoWatched) {
  auto evidence = job().killed(0, 9).evidence();
  evidence.hang = HangSigns{.quiet_ms = 700'000, .timeout_ms = 600'000, .nodes = {"n3"}};
  const Loss loss = classify(evidence);
  EXPECT_EQ(loss.cause, Cause::hang);
  EXPECT_THAT(loss.blamed, ElementsAre("n3"));
}

TEST(Classify, SaysSoWhenNothingIsKnown) {
  EXPECT_EQ(classify(Evidence{}).cause, Cause::unknown);
  EXPECT_FALSE(classify(Evidence{}).why.empty());
}

TEST(Classify, FindsTheOneLineThatTellsAmongAHundredThousand) {
  auto evidence = job();
  for (unsigned at = 0; at < 100'000; ++at)
    evidence.say(at % 8,
                 "NET/IB step 17 of 100: loss 0.25, Connection to data server is well, NCCL INFO "
                 "Ring 00 : 3 -> 4");
  const auto all = evidence.say(3, "CUDA out of memory").exits(3, 1).evidence();
  EXPECT_EQ(classify(all).cause, Cause::out_of_memory);
}

// srun without -l: one stream for all ranks, whose lines come in another order each time.
TEST(Classify, KnowsTheSameErrorAgainHoweverTheTracebacksOfTheRanksAreMixed) {
  const std::string outer = "  File \"/shared/train.py\", line 27, in <module>";
  const std::string inner = "  File \"/usr/lib/torch/c10d.py\", line 1408, in broadcast";
  const std::string code = "    work.wait()";
  const std::string error = "RuntimeError: Invalid scalar type";
  const auto alone = {std::string(traceback), outer, code, inner, code, error};
  const auto mixed = {std::string(traceback),
                      std::string(traceback),
                      outer,
                      outer,
                      code,
                      inner,
                      code,
                      error,
                      inner,
                      code,
                      error};
  const auto late = {std::string(traceback),
                     outer,
                     inner,
                     std::string(traceback),
                     outer,
                     code,
                     code,
                     error,
                     inner,
                     code,
                     error};
  std::set<std::string> seen;
  for (const auto& lines : {alone, mixed, late}) {
    auto talk = job();
    for (const std::string& line : lines)
      talk.say(line);
    const Loss loss = classify(talk.exits(0, 1).evidence());
    EXPECT_EQ(loss.cause, Cause::user_error);
    seen.insert(loss.fingerprint);
  }
  EXPECT_THAT(seen, ElementsAre(HasSubstr("c10d.py:1408 in broadcast")));
}

TEST(Classify, TakesTheInnermostFrameOfARecursionWhereItStands) {
  const auto talk = job()
                        .say(traceback)
                        .say("  File \"a.py\", line 1, in even")
                        .say("  File \"a.py\", line 2, in odd")
                        .say("  File \"a.py\", line 1, in even")
                        .say("ValueError: no")
                        .exits(0, 1)
                        .evidence();
  EXPECT_THAT(classify(talk).fingerprint, HasSubstr("a.py:1 in even"));
}

}  // namespace
}  // namespace holdfast::recovery
