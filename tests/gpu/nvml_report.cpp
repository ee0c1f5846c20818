// SPDX-License-Identifier: Apache-2.0
// nvml-report [LIBRARY]: asks a real NVIDIA driver everything that holdfast asks, and prints what
// it said, what it does not support, and how long each part took. For a machine with a GPU and
// nothing else: needs neither Slurm nor settings. scripts/gpu-verify runs it. Exit 0 when every GPU
// answered and every question got an answer or "not supported"; 1 when not; 2 without a driver.
#include "holdfast/health/nvml/read.hpp"
#include "nvml/calls.hpp"
#include "nvml/device.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <string>

#include <boost/json.hpp>

namespace {

using namespace holdfast::health;

struct Part {
  const char* name;
  void (*ask)(nvml::OpenDevice& device, GpuFacts& gpu);
};

constexpr Part parts[] = {
    {"identity", [](nvml::OpenDevice& device, GpuFacts& gpu) { ask_identity(device, false, gpu); }},
    {"InfoROM too",
     [](nvml::OpenDevice& device, GpuFacts& gpu) { ask_identity(device, true, gpu); }},
    {"modes", nvml::ask_modes},
    {"memory", [](nvml::OpenDevice& device, GpuFacts& gpu) { ask_memory(device, gpu); }},
    {"use", nvml::ask_use},
    {"PCIe", nvml::ask_pcie},
    {"NVLinks", nvml::ask_nvlinks},
    {"fabric", nvml::ask_fabric},
    {"heat", nvml::ask_heat},
};

double milliseconds_of(const auto& work) {
  const auto before = std::chrono::steady_clock::now();
  work();
  const auto took = std::chrono::steady_clock::now() - before;
  return std::chrono::duration<double, std::milli>(took).count();
}

void measure_parts(const nvml::Calls& calls) {
  constexpr int runs = 20;
  nvml::Device handle{};
  if (calls.by_index(0, &handle) != nvml::code::success) return;
  std::printf("\npart of GPU 0   first ms    best ms of %d\n", runs);
  for (const Part& part : parts) {
    double first = 0;
    double best = std::numeric_limits<double>::max();
    for (int run = 0; run < runs; ++run) {
      nvml::OpenDevice device(calls, handle);
      GpuFacts gpu;
      const double took = milliseconds_of([&] { part.ask(device, gpu); });
      if (run == 0) first = took;
      best = std::min(best, took);
    }
    std::printf("%-13s %10.3f %10.3f\n", part.name, first, best);
  }
}

struct Tally {
  int values{}, lacking{}, unseen{};
};

/// Prints a value per line, "gpus/0/uuid  GPU-…", and counts what was not seen.
void print(const std::string& name, const boost::json::value& value, Tally& tally) {
  if (const auto* list = value.if_array()) {
    for (std::size_t i = 0; i < list->size(); ++i)
      print(name + '/' + std::to_string(i), (*list)[i], tally);
    return;
  }
  const auto* object = value.if_object();
  if (object == nullptr) {
    ++tally.values;
    std::printf("%-44s %s\n", name.c_str(), boost::json::serialize(value).c_str());
    return;
  }
  for (const char* gap : {"lacking", "unseen"}) {
    const auto* why = object->if_contains(gap);
    if (why == nullptr) continue;
    ++(gap == std::string("lacking") ? tally.lacking : tally.unseen);
    std::printf("%-44s (%s: %s)\n", name.c_str(), gap, boost::json::serialize(*why).c_str());
    return;
  }
  for (const auto& member : *object)
    print(name.empty() ? std::string(member.key()) : name + '/' + std::string(member.key()),
          member.value(),
          tally);
}

bool all_answer(const Facts& facts) {
  return facts.gpus.known() && !facts.gpus->empty() &&
         std::ranges::all_of(*facts.gpus,
                             [](const GpuFacts& gpu) { return gpu.answer.is(GpuAnswer::answers); });
}

}  // namespace

int main(int argc, char** argv) {
  NvmlWish wish;
  if (argc > 1) wish.library = argv[1];
  wish.thorough = true;
  Facts facts;
  const double thorough = milliseconds_of([&] { ask_nvml(wish, facts); });
  Facts again;
  wish.thorough = false;
  const double quick = milliseconds_of([&] { ask_nvml(wish, again); });

  Tally tally;
  print("", boost::json::parse(to_json(facts)), tally);
  std::printf("\n%d values, %d not supported here, %d not seen\n",
              tally.values,
              tally.lacking,
              tally.unseen);
  std::printf("all of NVML: thorough %.1f ms, quick %.1f ms, with nvmlInit and nvmlShutdown\n",
              thorough,
              quick);
  if (!facts.gpu_driver.start.known()) return 2;
  const auto calls = nvml::open_nvml(wish.library);
  if (calls && calls->init() == nvml::code::success) {
    measure_parts(*calls);
    if (calls->shutdown != nullptr) calls->shutdown();
  }
  return all_answer(facts) && tally.unseen == 0 ? 0 : 1;
}
