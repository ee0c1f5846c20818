// SPDX-License-Identifier: Apache-2.0
// The hand-over between `holdfast plan --for-step`, which writes it, and the Slurm plugin, which
// reads it as root's guest in slurmstepd. The reader trusts nothing: the writer may be of another
// release, killed half-way, or no holdfast at all. It takes the whole text or none of it.
#include "holdfast/affinity/handover.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::affinity {

namespace {

constexpr std::string_view first_line = "holdfast-step 1";
constexpr std::string_view last_line = "end";

bool is_control(char letter) {
  const auto code = static_cast<unsigned char>(letter);
  return code < 0x20 || code == 0x7f;
}

/// A line is a line: what would end it, or would move a terminal's cursor, becomes a blank.
std::string printable(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(out, is_control, ' ');
  return out;
}

/// [A-Za-z_][A-Za-z0-9_]*, without the locale's opinion.
bool is_variable_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || digit(c); });
}

void write_rank(std::string& out, const RankOrders& rank) {
  out += cat("rank ", rank.local_rank, "\n");
  if (!rank.cpus.empty()) out += cat("cpus ", to_list(rank.cpus), "\n");
  if (rank.memory.kind != MemoryPolicy::Kind::unchanged && !rank.memory.nodes.empty()) {
    const bool many = rank.memory.kind == MemoryPolicy::Kind::preferred_many;
    out +=
        cat("memory ", many ? "preferred-many " : "preferred ", to_list(rank.memory.nodes), "\n");
  }
  for (const auto& [name, value] : rank.environment) {
    out += cat("set ", name, "=", printable(value), "\n");
  }
  if (!rank.why.empty()) out += cat("why ", printable(rank.why), "\n");
}

Failure garbled(std::string what) {
  return {FailureKind::unreadable,
          std::move(what),
          "install the same holdfast release as program and as Slurm plugin on this node",
          {}};
}

/// Takes the lines one after the other; a sentence comes back where one cannot be understood.
class HandoverReader {
 public:
  /// An empty answer: understood.
  [[nodiscard]] std::optional<std::string> take(std::string_view line) {
    const auto blank = line.find(' ');
    const std::string_view word = line.substr(0, blank);
    const std::string_view value =
        blank == std::string_view::npos ? std::string_view{} : line.substr(blank + 1);
    if (word == "told" && orders_.ranks.empty()) {
      orders_.told.emplace_back(value);
      return std::nullopt;
    }
    if (word == "rank") return begin_rank(value);
    if (orders_.ranks.empty()) return cat("'", word, "' stands before the first rank");
    if (word == "cpus") return take_cpus(value);
    if (word == "memory") return take_memory(value);
    if (word == "set") return take_variable(value);
    if (word == "why") return take_why(value);
    return cat("'", word, "' is no word of a hand-over");
  }

  [[nodiscard]] StepOrders orders() && { return std::move(orders_); }

 private:
  RankOrders& rank() { return orders_.ranks.back(); }

  std::optional<std::string> begin_rank(std::string_view value) {
    const auto number = parse_number<unsigned>(value);
    if (!number || *number >= max_handover_ranks) return cat("'", value, "' is no local rank");
    if (!seen_ranks_.insert(*number).second) return cat("rank ", *number, " comes twice");
    orders_.ranks.emplace_back().local_rank = *number;
    seen_names_.clear();
    return std::nullopt;
  }

  std::optional<std::string> take_cpus(std::string_view value) {
    if (!rank().cpus.empty()) return cat("rank ", rank().local_rank, " has two CPU lists");
    const auto cpus = parse_cpu_list(value);
    if (!cpus || cpus->empty()) return cat("'", value, "' is no CPU list");
    rank().cpus = *cpus;
    return std::nullopt;
  }

  std::optional<std::string> take_memory(std::string_view value) {
    if (rank().memory.kind != MemoryPolicy::Kind::unchanged) {
      return cat("rank ", rank().local_rank, " has two memory policies");
    }
    const auto blank = value.find(' ');
    const std::string_view kind = value.substr(0, blank);
    const auto nodes = parse_cpu_list(blank == std::string_view::npos ? std::string_view{}
                                                                      : value.substr(blank + 1));
    const bool many = kind == "preferred-many";
    if ((!many && kind != "preferred") || !nodes || nodes->empty()) {
      return cat("'", value, "' is no memory policy");
    }
    rank().memory = {many ? MemoryPolicy::Kind::preferred_many : MemoryPolicy::Kind::preferred,
                     *nodes};
    return std::nullopt;
  }

  std::optional<std::string> take_variable(std::string_view value) {
    const auto equals = value.find('=');
    const std::string_view name = value.substr(0, equals);
    if (equals == std::string_view::npos || !is_variable_name(name)) {
      return cat("'", name, "' is no name of a variable");
    }
    if (!seen_names_.emplace(name).second) {
      return cat("rank ", rank().local_rank, " sets ", name, " twice");
    }
    rank().environment.emplace_back(name, value.substr(equals + 1));
    return std::nullopt;
  }

  std::optional<std::string> take_why(std::string_view value) {
    if (!rank().why.empty()) return cat("rank ", rank().local_rank, " has two reasons");
    rank().why = value;
    return std::nullopt;
  }

  StepOrders orders_;
  std::set<unsigned> seen_ranks_;
  std::set<std::string, std::less<>> seen_names_;
};

/// Quoting a hostile line in a message must not make the message hostile or endless.
std::string quoted(std::string_view text) {
  constexpr std::size_t longest_quote = 200;
  return printable(text.substr(0, longest_quote));
}

}  // namespace

std::string write_handover(const StepOrders& orders) {
  std::string out = cat(first_line, "\n");
  for (const std::string& line : orders.told)
    out += cat("told ", printable(line), "\n");
  for (const RankOrders& rank : orders.ranks)
    write_rank(out, rank);
  out += cat(last_line, "\n");
  return out;
}

Result<StepOrders> read_handover(std::string_view text) {
  if (text.size() > max_handover_bytes) {
    return garbled(cat("the hand-over is longer than ", max_handover_bytes, " bytes"));
  }
  HandoverReader reader;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto newline = text.find('\n');
    if (newline == std::string_view::npos) break;  // a line without an end was cut off
    const std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline + 1);
    if (std::ranges::any_of(line, is_control)) {
      return garbled(cat("line ", number, " of the hand-over holds a control character"));
    }
    if (number == 1) {
      if (line == first_line) continue;
      return garbled(cat("the hand-over begins with '", quoted(line), "', not '", first_line, "'"));
    }
    if (line == last_line) {
      if (text.empty()) return std::move(reader).orders();
      return garbled("the hand-over goes on after its end");
    }
    if (auto wrong = reader.take(line)) {
      return garbled(cat("line ", number, " of the hand-over: ", quoted(*wrong)));
    }
  }
  return garbled("the hand-over was cut off before its end");
}

}  // namespace holdfast::affinity
