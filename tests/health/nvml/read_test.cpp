// SPDX-License-Identifier: Apache-2.0
// What is asked of NVML and what becomes of the answers, against the pretended library.
#include "holdfast/health/nvml/read.hpp"

#include "fake_node.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

Facts facts_of(std::string_view node, const char* library = HOLDFAST_FAKE_NVML_LIBRARY) {
  const holdfast::testing::FakeNvml fake(node);
  Facts facts;
  ask_nvml({library, true}, facts);
  return facts;
}

GpuFacts first_gpu_of(std::string_view node, const char* library = HOLDFAST_FAKE_NVML_LIBRARY) {
  const Facts facts = facts_of(node, library);
  return facts.gpus.known() && !facts.gpus->empty() ? facts.gpus->front() : GpuFacts{};
}

TEST(AskNvml, SeesEveryGpuOfAHealthyNode) {
  const Facts facts = facts_of("gpus 8");
  EXPECT_TRUE(facts.gpu_driver.start.is("ok"));
  EXPECT_TRUE(facts.gpu_driver.version.is("550.163.01"));
  EXPECT_TRUE(facts.gpu_driver.cuda_version.is("12.4"));
  EXPECT_TRUE(facts.gpu_driver.counted.is(8));
  EXPECT_TRUE(facts.gpu_driver.opened.is(8));
  ASSERT_TRUE(facts.gpus.known());
  ASSERT_EQ(facts.gpus->size(), 8U);
  EXPECT_EQ(facts.gpus->front().at, "0000:1a:00.0");
  EXPECT_EQ(facts.gpus->back().at, "0000:cb:00.0");
  for (const GpuFacts& gpu : *facts.gpus)
    EXPECT_TRUE(gpu.answer.is(GpuAnswer::answers)) << gpu.at;
}

TEST(AskNvml, ReadsWhoAGpuIsAndHowItIsSetUp) {
  const GpuFacts gpu = first_gpu_of(
      "gpus 1\ngpu 0 power 123456\ngpu 0 mig_pending 1\ngpu 0 utilization 97\ngpu 0 memory_busy "
      "41");
  EXPECT_TRUE(gpu.model.is("NVIDIA H100 80GB HBM3"));
  EXPECT_TRUE(gpu.uuid.is("GPU-01000100-0000-0000-0000-000000000011"));
  EXPECT_TRUE(gpu.vbios.is("96.00.74.00.09"));
  EXPECT_TRUE(gpu.gsp_firmware.is("550.163.01"));
  EXPECT_TRUE(gpu.inforom_valid.is(true));
  EXPECT_TRUE(gpu.persistence.is(true));
  EXPECT_TRUE(gpu.ecc_on.is(true));
  EXPECT_TRUE(gpu.mig_on.is(false));
  EXPECT_TRUE(gpu.mig_on_next.is(true));
  EXPECT_TRUE(gpu.compute_mode.is("default"));
  EXPECT_TRUE(gpu.performance_state.is(0));
  EXPECT_TRUE(gpu.power_mw.is(123'456));
  EXPECT_TRUE(gpu.power_limit_mw.is(700'000));
  EXPECT_TRUE(gpu.utilization_percent.is(97));
  EXPECT_TRUE(gpu.memory_busy_percent.is(41));
}

TEST(AskNvml, ReadsErrorsOfTheMemory) {
  const GpuFacts gpu = first_gpu_of(
      "gpus 1\n"
      "gpu 0 ecc_uncorrected_volatile 3\n"
      "gpu 0 ecc_corrected_volatile 5\n"
      "gpu 0 ecc_uncorrected_aggregate 7\n"
      "gpu 0 sram_threshold 1\n"
      "gpu 0 sram_uncorrected 11\n"
      "gpu 0 remap_uncorrectable 13\n"
      "gpu 0 remap_pending 1\n"
      "gpu 0 remap_failed 1\n"
      "gpu 0 banks_without_spares 2\n"
      "gpu 0 unrepairable 1\n");
  EXPECT_TRUE(gpu.ecc_uncorrected_volatile.is(3));
  EXPECT_TRUE(gpu.ecc_corrected_volatile.is(5));
  EXPECT_TRUE(gpu.ecc_uncorrected_aggregate.is(7));
  EXPECT_TRUE(gpu.sram_threshold_exceeded.is(true));
  EXPECT_TRUE(gpu.sram_uncorrected_aggregate.is(11));
  EXPECT_TRUE(gpu.remapped_uncorrectable.is(13));
  EXPECT_TRUE(gpu.remap_pending.is(true));
  EXPECT_TRUE(gpu.remap_failed.is(true));
  EXPECT_TRUE(gpu.banks_without_spares.is(2));
  EXPECT_TRUE(gpu.unrepairable_memory.is(true));
  // an H100 remaps rows and retires no pages: that is no fault
  EXPECT_EQ(gpu.retired_single_bit.gap(), Gap::lacking);
  EXPECT_EQ(gpu.retired_pending.gap(), Gap::lacking);
  EXPECT_TRUE(gpu.answer.is(GpuAnswer::answers));
}

TEST(AskNvml, CountsRetiredPagesOfOlderGpus) {
  const GpuFacts gpu = first_gpu_of(
      "gpus 1\ngpu 0 retired_single 4\ngpu 0 retired_double 0\ngpu 0 retired_pending 1");
  EXPECT_TRUE(gpu.retired_single_bit.is(4));
  EXPECT_TRUE(gpu.retired_double_bit.is(0));
  EXPECT_TRUE(gpu.retired_pending.is(true));
}

TEST(AskNvml, ReadsRowsByFieldWhereMigRefusesTheCall) {
  const GpuFacts gpu = first_gpu_of("gpus 1\ngpu 0 mig 1\ngpu 0 remap_pending 1");
  EXPECT_TRUE(gpu.mig_on.is(true));
  EXPECT_TRUE(gpu.remap_pending.is(true));
}

TEST(AskNvml, ReadsLinksAndFabric) {
  const GpuFacts gpu = first_gpu_of(
      "gpus 1\n"
      "gpu 0 pcie_width 8\n"
      "gpu 0 pcie_rollovers 2\n"
      "gpu 0 recovery_action 1\n"
      "gpu 0 nvlink7_active 0\n"
      "gpu 0 nvlink3_replays 9\n"
      "gpu 0 nvlink3_crc 4\n"
      "gpu 0 fabric_summary 2\n"
      "gpu 0 fabric_health 4953\n");  // 0x1359: bandwidth degraded, routes fail, wrong chassis
  EXPECT_TRUE(gpu.pcie_width.is(8));
  EXPECT_TRUE(gpu.pcie_width_most.is(16));
  EXPECT_TRUE(gpu.pcie_rollovers.is(2));
  EXPECT_TRUE(gpu.recovery_action.is(1));
  ASSERT_TRUE(gpu.nvlinks.known());
  ASSERT_EQ(gpu.nvlinks->size(), 18U);
  EXPECT_TRUE((*gpu.nvlinks)[7].active.is(false));
  EXPECT_TRUE((*gpu.nvlinks)[6].active.is(true));
  EXPECT_TRUE((*gpu.nvlinks)[6].megabytes_per_second.is(26'562));
  EXPECT_TRUE((*gpu.nvlinks)[3].replays.is(9));
  EXPECT_TRUE((*gpu.nvlinks)[3].crc_errors.is(4));
  EXPECT_TRUE(gpu.fabric_state.is("completed"));
  EXPECT_TRUE(gpu.fabric_status.is(0));
  EXPECT_TRUE(gpu.fabric_degraded_bandwidth.is(true));
  EXPECT_TRUE(gpu.fabric_route_recovery.is(false));
  EXPECT_TRUE(gpu.fabric_route_unhealthy.is(true));
  EXPECT_TRUE(gpu.fabric_access_timeout.is(true));
  EXPECT_TRUE(gpu.fabric_misconfigured.is(3));
  EXPECT_TRUE(gpu.fabric_summary.is(2));
}

TEST(AskNvml, DoesNotPassOnAMisspelledNode) {
  EXPECT_FALSE(facts_of("gpus 1\ngpu 0 fabric_helth 1").gpus.known());
}

TEST(AskNvml, AsksAnOlderVersionOfTheFabric) {
  const GpuFacts gpu =
      first_gpu_of("gpus 1\ngpu 0 fabric_summary unsupported\ngpu 0 fabric_state 2");
  EXPECT_TRUE(gpu.fabric_state.is("in progress"));
  EXPECT_FALSE(gpu.fabric_summary.known());
  EXPECT_TRUE(gpu.fabric_degraded_bandwidth.is(false));
}

TEST(AskNvml, KnowsAGpuWithoutLinksFromOneThatLostThem) {
  const GpuFacts plain = first_gpu_of("gpus 1\ngpu 0 nvlinks 0\ngpu 0 fabric_state 0");
  EXPECT_EQ(plain.nvlinks.gap(), Gap::lacking);
  EXPECT_EQ(plain.fabric_state.gap(), Gap::lacking);
}

TEST(AskNvml, CountsTheLinksToTheProcessorThatAreUp) {
  const GpuFacts grace = first_gpu_of("gpus 1\ngpu 0 c2c_links 10\ngpu 0 c2c_active 9");
  EXPECT_TRUE(grace.c2c_links.is(10));
  EXPECT_TRUE(grace.c2c_active.is(9));
  const GpuFacts silent = first_gpu_of("gpus 1\ngpu 0 c2c_links 10");
  EXPECT_EQ(silent.c2c_active.gap(), Gap::lacking);
}

TEST(AskNvml, MissesNoLinkToAProcessorThatIsElsewhere) {
  for (const GpuFacts& gpu : {first_gpu_of("gpus 1"),
                              first_gpu_of("gpus 1\ngpu 0 c2c_links 0"),
                              first_gpu_of("gpus 1", HOLDFAST_OLD_FAKE_NVML_LIBRARY)}) {
    EXPECT_EQ(gpu.c2c_links.gap(), Gap::lacking);
    EXPECT_FALSE(gpu.c2c_links.known());
    EXPECT_EQ(gpu.c2c_active.gap(), Gap::lacking);
    EXPECT_FALSE(gpu.c2c_active.known());
  }
}

TEST(AskNvml, ReadsHeatAndClocks) {
  const GpuFacts gpu = first_gpu_of(
      "gpus 1\ngpu 0 temperature 91\ngpu 0 margin -4\ngpu 0 memory_temperature 95\ngpu 0 "
      "clock_events 72");
  EXPECT_TRUE(gpu.temperature_c.is(91));
  EXPECT_TRUE(gpu.temperature_margin_c.is(-4));
  EXPECT_TRUE(gpu.memory_temperature_c.is(95));
  EXPECT_TRUE(gpu.slowdown_c.is(87));
  EXPECT_TRUE(gpu.shutdown_c.is(92));
  EXPECT_TRUE(gpu.clock_event_reasons.is(72));
}

TEST(AskNvml, ListsProcessesHoweverManyThereAre) {
  std::string node = "gpus 1\ngpu 0 memory_used 1048576\n";
  for (int i = 0; i < 100; ++i)
    node += "gpu 0 process " + std::to_string(1000 + i) + " 4096\n";
  const GpuFacts gpu = first_gpu_of(node);
  ASSERT_TRUE(gpu.processes.known());
  EXPECT_EQ(gpu.processes->size(), 100U);
  EXPECT_EQ(gpu.processes->back().pid, 1099U);
  EXPECT_TRUE(gpu.memory_used_bytes.is(1'048'576));
  EXPECT_TRUE(gpu.memory_bytes.is(85'899'345'920ULL));
}

TEST(AskNvml, AsksALostGpuNoMore) {
  const Facts facts = facts_of("gpus 8\ngpu 3 lost");
  ASSERT_EQ(facts.gpus->size(), 8U);
  const GpuFacts& lost = (*facts.gpus)[3];
  EXPECT_TRUE(lost.answer.is(GpuAnswer::lost));
  EXPECT_TRUE(lost.ecc_uncorrected_volatile.unseen());
  EXPECT_TRUE((*facts.gpus)[4].answer.is(GpuAnswer::answers));
}

TEST(AskNvml, SeesAGpuThatCannotBeOpened) {
  const Facts facts = facts_of("gpus 2\ngpu 1 error nvmlDeviceGetHandleByIndex_v2 15");
  EXPECT_TRUE(facts.gpu_driver.counted.is(2));
  EXPECT_TRUE(facts.gpu_driver.opened.is(1));
  ASSERT_EQ(facts.gpus->size(), 2U);
  EXPECT_TRUE(facts.gpus->back().answer.is(GpuAnswer::lost));
  EXPECT_EQ(facts.gpus->back().at, "index 1");
}

TEST(AskNvml, CountsNoGpuThatVanished) {
  const Facts facts = facts_of("gpus 8\ngpu 0 vanished");
  EXPECT_TRUE(facts.gpu_driver.counted.is(7));
  EXPECT_EQ(facts.gpus->front().at, "0000:1b:00.0");
}

TEST(AskNvml, SaysNothingAboutAGpuACgroupHides) {
  const Facts facts = facts_of("gpus 2\ngpu 1 error nvmlDeviceGetHandleByIndex_v2 4");
  EXPECT_TRUE(facts.gpu_driver.opened.is(1));
  EXPECT_EQ(facts.gpus->size(), 1U);
}

TEST(AskNvml, TellsWhatTheGpuSaysOfItself) {
  const auto answer = [](const char* code) {
    return *first_gpu_of(std::string("gpus 1\ngpu 0 error nvmlDeviceGetEccMode ") + code).answer;
  };
  EXPECT_EQ(answer("16"), GpuAnswer::reset_required);
  EXPECT_EQ(answer("8"), GpuAnswer::no_power);
  EXPECT_EQ(answer("11"), GpuAnswer::interrupts);
  EXPECT_EQ(answer("14"), GpuAnswer::corrupt_inforom);
  EXPECT_EQ(answer("3"), GpuAnswer::answers);
  EXPECT_EQ(answer("4"), GpuAnswer::answers);
  EXPECT_EQ(answer("999"), GpuAnswer::answers);  // one quirk of a driver is no sick GPU
}

TEST(AskNvml, TakesManyUnclearAnswersForAFailingGpu) {
  const GpuFacts gpu = first_gpu_of(
      "gpus 1\n"
      "gpu 0 error nvmlDeviceGetEccMode 999\n"
      "gpu 0 error nvmlDeviceGetMigMode 999\n"
      "gpu 0 error nvmlDeviceGetPowerUsage 999\n");
  EXPECT_TRUE(gpu.answer.is(GpuAnswer::failing));
  EXPECT_TRUE(gpu.ecc_on.unseen());
  EXPECT_EQ(gpu.ecc_on.why(), "unknown error");
}

TEST(AskNvml, TakesOneFunctionThatFailsForEveryLinkForAQuirkOfTheDriver) {
  for (const char* function : {"nvmlDeviceGetNvLinkErrorCounter",
                               "nvmlDeviceGetNvLinkState",
                               "nvmlDeviceGetTotalEccErrors",
                               "nvmlDeviceGetFieldValues"}) {
    const GpuFacts gpu = first_gpu_of(std::string("gpus 1\ngpu 0 error ") + function + " 999");
    EXPECT_TRUE(gpu.answer.is(GpuAnswer::answers)) << function;
  }
}

TEST(AskNvml, KeepsDeniedApartFromNotThere) {
  const GpuFacts gpu = first_gpu_of(
      "gpus 1\ngpu 0 error nvmlDeviceGetEccMode 4\ngpu 0 error nvmlDeviceGetPowerUsage 3");
  EXPECT_TRUE(gpu.ecc_on.unseen());
  EXPECT_EQ(gpu.power_mw.gap(), Gap::lacking);
  EXPECT_FALSE(gpu.power_mw.known());
}

TEST(AskNvml, SaysWhyTheDriverDoesNotStart) {
  const Facts unloaded = facts_of("error nvmlInit_v2 9");
  EXPECT_TRUE(unloaded.gpu_driver.start.is("driver not loaded"));
  EXPECT_TRUE(unloaded.gpus.unseen());
  EXPECT_TRUE(facts_of("error nvmlInit_v2 18").gpu_driver.start.is("version mismatch"));
  EXPECT_TRUE(facts_of("error nvmlInit_v2 77").gpu_driver.start.is("NVML error 77"));
}

TEST(AskNvml, LacksEverythingWithoutTheLibrary) {
  Facts facts;
  ask_nvml({"/nonexistent/libnvidia-ml.so.1", false}, facts);
  EXPECT_EQ(facts.gpus.gap(), Gap::lacking);
  EXPECT_EQ(facts.gpu_driver.start.gap(), Gap::lacking);
  ask_nvml({"libm.so.6", false}, facts);
  EXPECT_EQ(facts.gpus.gap(), Gap::lacking);
}

TEST(AskNvml, ReadsWhatAnOldLibraryHas) {
  const GpuFacts gpu = first_gpu_of("gpus 1\ngpu 0 temperature 41", HOLDFAST_OLD_FAKE_NVML_LIBRARY);
  EXPECT_TRUE(gpu.answer.is(GpuAnswer::answers));
  EXPECT_TRUE(gpu.temperature_c.is(41));
  EXPECT_TRUE(gpu.clock_event_reasons.is(1));
  EXPECT_TRUE(gpu.fabric_state.is("completed"));
  EXPECT_TRUE(gpu.memory_bytes.is(85'899'345'920ULL));
  for (const Gap gap : {gpu.temperature_margin_c.gap(),
                        gpu.recovery_action.gap(),
                        gpu.gsp_firmware.gap(),
                        gpu.sram_threshold_exceeded.gap(),
                        gpu.unrepairable_memory.gap(),
                        gpu.memory_used_bytes.gap()})
    EXPECT_EQ(gap, Gap::lacking);
}

TEST(AskNvml, ReadsTheInforomOnlyWhenThorough) {
  const holdfast::testing::FakeNvml fake("gpus 1\ngpu 0 inforom_valid 0\ngpu 0 retired_double 2");
  Facts quick;
  ask_nvml({HOLDFAST_FAKE_NVML_LIBRARY, false}, quick);
  EXPECT_FALSE(quick.gpus->front().inforom_valid.asked());
  EXPECT_TRUE(quick.gpus->front().retired_double_bit.is(2)) << "the periodic look judges them";
  Facts thorough;
  ask_nvml({HOLDFAST_FAKE_NVML_LIBRARY, true}, thorough);
  EXPECT_TRUE(thorough.gpus->front().inforom_valid.is(false));
  EXPECT_TRUE(thorough.gpus->front().retired_double_bit.is(2));
}

}  // namespace
}  // namespace holdfast::health
