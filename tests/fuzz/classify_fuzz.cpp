// SPDX-License-Identifier: Apache-2.0
// Standard error of ranks is anybody's text. Each line of the input is one line of it; its first
// byte says which rank printed it, or that nobody knows.
#include "holdfast/recovery/classify.hpp"
#include "holdfast/recovery/srun_messages.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::recovery;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Evidence evidence;
  evidence.ranks = {{"n1", 0, 2}, {"n2", 2, 2}};
  evidence.resumed = size % 2 == 0;
  std::int64_t now = 1000;
  while (!text.empty()) {
    const std::string_view row = text.substr(0, text.find('\n'));
    text.remove_prefix(row.size() < text.size() ? row.size() + 1 : row.size());
    if (row.empty()) continue;
    Line line;
    line.at_ms = now++;
    const unsigned who = static_cast<unsigned char>(row.front()) % 8U;
    if (who < 4) line.rank = who;
    line.text = row.substr(1);
    for (RankExit& exit : rank_exits(parse_srun_message(line.text), evidence.ranks, now))
      if (evidence.exits.size() < 1000) evidence.exits.push_back(exit);
    if (who == 7) evidence.signs.push_back({"n1", SignKind::xid, line.text, now});
    evidence.lines.push_back(std::move(line));
  }
  const Loss loss = classify(evidence);
  if (loss.why.empty() || loss.fingerprint.empty()) std::abort();
  if (loss.why.size() > 20000) std::abort();
  return 0;
}
