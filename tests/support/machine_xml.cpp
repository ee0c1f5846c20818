// SPDX-License-Identifier: Apache-2.0
// A machine spec as hwloc XML 2.0, such that libhwloc itself loads it (the tests compare). The
// tree is built first, then the CPU and node sets are filled in from the leaves, then it is
// printed.
#include "holdfast/common/cpu_set.hpp"
#include "holdfast/common/text.hpp"
#include "machine_objects.hpp"

namespace holdfast::testing {

namespace {

/// hwloc's way of writing sets: words of 32 bits, highest first, zero words empty but for the last.
std::string mask(const CpuSet& set) {
  constexpr std::string_view letters = "0123456789abcdef";
  std::string out;
  for (unsigned word = set.back() / 32 + 1; word-- > 0;) {
    std::string digits;
    bool any = false;
    for (unsigned digit = 8; digit-- > 0;) {
      unsigned value = 0;
      for (unsigned bit = 0; bit < 4; ++bit)
        if (set.contains(word * 32 + digit * 4 + bit)) value |= 1U << bit;
      any = any || value != 0;
      digits += letters[value];
    }
    if (!out.empty()) out += ',';
    if (any) out += cat("0x", digits);
    if (!any && word == 0) out += "0x0";
  }
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '&')
      out += "&amp;";
    else if (letter == '<')
      out += "&lt;";
    else if (letter == '"')
      out += "&quot;";
    else
      out += letter;
  }
  return out;
}

/// Fills the sets of an object from what is below it; `inherited` are the NUMA nodes it is near
/// when none is below.
void fill_sets(MachineObject& object, const CpuSet& inherited, const CpuSet& hidden) {
  CpuSet nodes;
  for (const MachineObject& child : object.below)
    if (child.type == "NUMANode") nodes |= child.nodes;
  const CpuSet& local = nodes.empty() ? inherited : nodes;
  for (MachineObject& child : object.below) {
    if (child.is_io() || child.type == "NUMANode") continue;
    fill_sets(child, local, hidden);
    object.complete |= child.complete;
    nodes |= child.nodes;
  }
  object.nodes = nodes.empty() ? inherited : nodes;
  object.pus = object.complete - hidden;
  for (MachineObject& child : object.below)
    if (child.type == "NUMANode") {
      child.complete = object.complete;
      child.pus = object.pus;
    }
}

class Printer {
 public:
  std::string print(const MachineObject& machine) {
    out_ =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n"
        "<topology version=\"2.0\">\n";
    object(machine, 1);
    out_ += "</topology>\n";
    return std::move(out_);
  }

 private:
  void object(const MachineObject& object, std::size_t depth) {
    // a PU out of sight is not in the recording, nor a core left without one
    if ((object.type == "PU" || object.type == "Core") && object.pus.empty()) return;
    const std::string indent(depth * 2, ' ');
    out_ += cat(indent, "<object type=\"", object.type, '"');
    if (!object.is_io()) sets(object);
    for (const auto& [key, value] : object.attributes)
      out_ += cat(' ', key, "=\"", escaped(value), '"');
    out_ += cat(" gp_index=\"", ++index_, '"');
    if (object.below.empty() && object.infos.empty()) {
      out_ += "/>\n";
      return;
    }
    out_ += ">\n";
    for (const auto& [name, value] : object.infos)
      out_ += cat(indent, "  <info name=\"", name, "\" value=\"", escaped(value), "\"/>\n");
    for (const MachineObject& child : object.below)
      this->object(child, depth + 1);
    out_ += cat(indent, "</object>\n");
  }

  void sets(const MachineObject& object) {
    out_ +=
        cat(" cpuset=\"", mask(object.pus), "\" complete_cpuset=\"", mask(object.complete), '"');
    if (object.type == "Machine") out_ += cat(" allowed_cpuset=\"", mask(object.pus), '"');
    out_ +=
        cat(" nodeset=\"", mask(object.nodes), "\" complete_nodeset=\"", mask(object.nodes), '"');
    if (object.type == "Machine") out_ += cat(" allowed_nodeset=\"", mask(object.nodes), '"');
  }

  std::string out_;
  unsigned index_{};
};

}  // namespace

std::string machine_spec_xml(const MachineSpec& spec) {
  MachineObject machine = machine_objects(spec.machine);
  fill_sets(machine, {}, machine.hidden);
  return Printer().print(machine);
}

}  // namespace holdfast::testing
