// SPDX-License-Identifier: Apache-2.0
// What the probes of one run saw of one node: plain values that can be saved and judged later, on
// another machine. A probe fills the sections it reads and leaves the others `not asked`; the
// sections of several probes are put together by merge(). fields.hpp names every member once;
// reading, writing, merging and comparing follow from it: a new member needs a line there.
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/health/fact.hpp"
#include "holdfast/health/gpu_facts.hpp"
#include "holdfast/health/host_facts.hpp"
#include "holdfast/health/kernel_event.hpp"
#include "holdfast/health/link_facts.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::health {

/// How one probe fared.
enum class ProbeEnd {
  answered,
  failed,       ///< it said why
  timed_out,    ///< its child was ended at the deadline
  stuck,        ///< its child cannot be ended (state D) and was left behind
  not_started,  ///< too many of its children are stuck already
  left_out      ///< the site does not want it
};

/// The probes there are. A file system of a network has one of its own, "mount /home", so has a
/// directory of checkpoints.
inline constexpr std::array<std::string_view, 8> probe_names{
    "gpus", "devices", "processes", "host", "slurm", "storage", "kernel_log", "event_log"};
/// Begins the name of the probe of one mount; its directory follows.
inline constexpr std::string_view mount_probe = "mount ";

struct ProbeRecord {
  std::string name;  ///< one of probe_names, or "mount /home"
  ProbeEnd end{ProbeEnd::answered};
  std::string why;
  std::uint64_t took_us{};
  std::uint64_t children_stuck{};

  friend bool operator==(const ProbeRecord&, const ProbeRecord&) = default;
};

struct Facts {
  std::string node;     ///< its name, as Slurm has it where that is known
  std::string boot_id;  ///< counters are compared only within one boot
  std::int64_t at{};    ///< seconds since 1970
  GpuDriverFacts gpu_driver;
  Fact<std::vector<GpuFacts>> gpus;  ///< lacking on a node without a GPU driver
  Fact<std::vector<PciFacts>> pci;
  Fact<std::vector<IbPortFacts>> ib_ports;
  Fact<std::vector<NetFacts>> nets;
  Fact<std::uint64_t> ib_device_files;  ///< /dev/infiniband/uverbs*
  MemoryFacts memory;
  CpuFacts cpu;
  SystemFacts system;
  StorageFacts storage;
  SlurmFacts slurm;
  Fact<std::vector<KernelEvent>> kernel;  ///< new since the cursor, oldest first
  /// Records overwritten before they were read, or more than a look keeps.
  Fact<std::uint64_t> kernel_lost;
  std::vector<ProbeRecord> probes;

  friend bool operator==(const Facts&, const Facts&) = default;
};

/// Takes over every section `other` asked about, and its probe records. Name, boot id and time stay
/// unless they are empty.
void merge(Facts& into, const Facts& other);

/// One JSON object; a value is itself, `{"unseen": "why"}` or `{"lacking": "why"}`; what nobody
/// asked is left out.
[[nodiscard]] std::string to_json(const Facts& facts);

/// Bounded in size and depth; unknown members are passed over, so that a newer writer may add some.
[[nodiscard]] Result<Facts> parse_facts(std::string_view text, std::string_view origin);

inline constexpr std::size_t max_facts_bytes = std::size_t{16} << 20;

}  // namespace holdfast::health
