// SPDX-License-Identifier: Apache-2.0
#include "sentinel/messages.hpp"

#include "sentinel/fields.hpp"
#include "sentinel/processes.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace holdfast::sentinel {

namespace {

namespace json = boost::json;

constexpr std::array kinds{
    std::pair{NodeSign::Kind::kernel_line, std::string_view("kernel_line")},
    std::pair{NodeSign::Kind::out_of_memory, std::string_view("out_of_memory")},
    std::pair{NodeSign::Kind::rank_gone, std::string_view("rank_gone")},
    std::pair{NodeSign::Kind::lease_ran_out, std::string_view("lease_ran_out")},
    std::pair{NodeSign::Kind::came_late, std::string_view("came_late")},
    std::pair{NodeSign::Kind::not_seen, std::string_view("not_seen")},
    std::pair{NodeSign::Kind::broken, std::string_view("broken")},
    std::pair{NodeSign::Kind::unfit, std::string_view("unfit")},
};

constexpr std::size_t fields_of_rank = 10;

// A row, not an object: 512 ranks twice a second are worth the names.
json::array row_of(const RankState& rank) {
  return {rank.attempt,
          rank.rank,
          rank.local_rank,
          rank.pid,
          json::string(1, rank.state),
          rank.cpu.count(),
          rank.processes,
          rank.faults,
          rank.io_bytes,
          rank.waits_in};
}

std::optional<RankState> read_row(const json::value& value) {
  if (!value.is_array() || value.get_array().size() != fields_of_rank) return std::nullopt;
  const json::array& row = value.get_array();
  const auto attempt = number_of<unsigned>(row[0]);
  const auto rank = number_of<unsigned>(row[1]);
  const auto local = number_of<unsigned>(row[2]);
  const auto pid = number_of<int>(row[3]);
  const auto cpu = number_of<std::int64_t>(row[5]);
  const auto processes = number_of<unsigned>(row[6]);
  const auto faults = number_of<std::uint64_t>(row[7]);
  const auto io_bytes = number_of<std::uint64_t>(row[8]);
  if (!attempt || !rank || !local || !pid || !cpu || !processes || !faults || !io_bytes)
    return std::nullopt;
  if (!row[9].is_string()) return std::nullopt;
  if (!row[4].is_string() || row[4].get_string().size() != 1) return std::nullopt;
  return RankState{.attempt = *attempt,
                   .rank = *rank,
                   .local_rank = *local,
                   .pid = *pid,
                   .state = row[4].get_string()[0],
                   .cpu = std::chrono::milliseconds(*cpu),
                   .processes = *processes,
                   .faults = *faults,
                   .io_bytes = *io_bytes,
                   .waits_in = parse_wait_channel(row[9].get_string())};
}

}  // namespace

json::object beat_message(const Beat& beat, std::uint64_t acknowledged) {
  json::array ranks;
  ranks.reserve(beat.ranks.size());
  for (const RankState& rank : beat.ranks)
    ranks.emplace_back(row_of(rank));
  return {{"kind", "beat"},
          {"sequence", beat.sequence},
          {"acknowledged", acknowledged},
          {"uptime", beat.uptime.count()},
          {"load", beat.load},
          {"gpu_looks", beat.gpu_looks},
          {"gpu_memory_busy", beat.gpu_memory_busy},
          {"ranks", std::move(ranks)}};
}

std::optional<Beat> read_beat(const json::object& message) {
  const auto sequence = number_in<std::uint64_t>(message, "sequence");
  const auto uptime = number_in<std::int64_t>(message, "uptime");
  const auto gpu_looks = number_in<std::uint64_t>(message, "gpu_looks");
  const auto gpu_memory_busy = number_in<std::uint64_t>(message, "gpu_memory_busy");
  const auto* load = message.if_contains("load");
  const auto* ranks = message.if_contains("ranks");
  if (!sequence || !uptime || !gpu_looks || !gpu_memory_busy || load == nullptr ||
      !load->is_number() || ranks == nullptr || !ranks->is_array())
    return std::nullopt;
  Beat beat{.sequence = *sequence,
            .uptime = std::chrono::milliseconds(*uptime),
            .load = load->to_number<double>(),
            .ranks = {},
            .gpu_looks = *gpu_looks,
            .gpu_memory_busy = *gpu_memory_busy};
  beat.ranks.reserve(ranks->get_array().size());
  for (const json::value& value : ranks->get_array()) {
    const auto rank = read_row(value);
    if (!rank) return std::nullopt;
    beat.ranks.push_back(*rank);
  }
  return beat;
}

json::object sign_message(const NodeSign& sign) {
  json::object message{{"kind", "sign"},
                       {"at_ms", sign.at_ms},
                       {"attempt", sign.attempt},
                       {"pid", sign.pid},
                       {"count", sign.count},
                       {"text", sign.text}};
  for (const auto& [kind, word] : kinds)
    if (kind == sign.kind) message["sign"] = json::string_view(word.data(), word.size());
  if (sign.rank) message["rank"] = *sign.rank;
  return message;
}

std::optional<NodeSign> read_sign(const json::object& message) {
  const auto word = text_in(message, "sign");
  const auto at = number_in<std::int64_t>(message, "at_ms");
  if (!word || !at) return std::nullopt;
  for (const auto& [kind, name] : kinds) {
    if (name != *word) continue;
    return NodeSign{.kind = kind,
                    .at_ms = *at,
                    .attempt = number_in<unsigned>(message, "attempt").value_or(0),
                    .rank = number_in<unsigned>(message, "rank"),
                    .pid = number_in<int>(message, "pid").value_or(0),
                    .count = number_in<unsigned>(message, "count").value_or(0),
                    .text = text_in(message, "text").value_or("")};
  }
  return std::nullopt;
}

}  // namespace holdfast::sentinel
