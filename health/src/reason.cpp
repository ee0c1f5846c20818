// SPDX-License-Identifier: Apache-2.0
// The text that Slurm keeps about a drained node. It is the only thing other nodes and people see
// of it, so the tag comes first and is read back as a whole.
#include "holdfast/common/text.hpp"
#include "holdfast/health/actions.hpp"
#include "holdfast/health/check.hpp"

#include <algorithm>

namespace holdfast::health {

namespace {

constexpr std::string_view tag = "[holdfast:";

/// Drained for: as bad as that, and not only something to note or to tell the user.
bool drains(const Finding& finding) {
  return is_bad(finding.severity) && finding.action > Action::tell_user;
}

/// What is said of a subject with a long name is not cut further than to this.
constexpr std::size_t least_of_what = 60;

/// The end of a long name tells most: "...projects/run7/checkpoints".
std::string end_of(const std::string& name, std::size_t room) {
  constexpr std::string_view cut = "...";
  if (name.size() <= room) return name;
  if (room <= cut.size()) return {};
  return cat(cut, name.substr(name.size() - (room - cut.size())));
}

/// What would end the token or break a line of `sinfo -R`.
std::string plain(std::string text) {
  for (char& letter : text)
    if (letter < ' ' || letter > '~' || letter == '"' || letter == '\'' || letter == '|')
      letter = '?';
  return text;
}

}  // namespace

std::string reason_for(std::span<const Finding> findings) {
  std::vector<const Finding*> bad;
  for (const Finding& finding : findings)
    if (drains(finding)) bad.push_back(&finding);
  if (bad.empty()) return {};
  std::ranges::stable_sort(bad, [](const Finding* a, const Finding* b) {
    return std::pair(a->severity, a->action) > std::pair(b->severity, b->action);
  });
  std::vector<std::string> ids;
  for (const Finding* finding : bad)
    if (std::ranges::find(ids, finding->check) == ids.end() && ids.size() < 4)
      ids.push_back(finding->check);
  const Finding& worst = *bad.front();
  const std::string limit = worst.limit.empty() ? "" : cat(", limit ", worst.limit);
  const std::string more = bad.size() > 1 ? cat("; ", bad.size() - 1, " more") : "";
  const std::string begin = cat(tag, join(ids, ","), "] ");
  const std::size_t taken =
      1 + begin.size() + limit.size() + more.size() + std::min(worst.what.size(), least_of_what);
  const std::string subject =
      end_of(worst.subject, taken < reason_bytes ? reason_bytes - taken : 0);
  const std::string head = cat(begin, subject, subject.empty() ? "" : " ");
  const std::size_t fixed = head.size() + limit.size() + more.size();
  const std::size_t room = fixed < reason_bytes ? reason_bytes - fixed : 0;
  const std::string text = cat(head, worst.what.substr(0, room), limit, more);
  return plain(text.substr(0, reason_bytes));
}

std::vector<std::string> checks_of_reason(std::string_view reason) {
  if (!reason.starts_with(tag)) return {};
  const auto end = reason.find(']');
  if (end == std::string_view::npos) return {};
  std::vector<std::string> ids;
  for (const std::string_view id : split(reason.substr(tag.size(), end - tag.size()), ',')) {
    if (find_check(id) == nullptr) return {};
    ids.emplace_back(id);
  }
  return ids;
}

}  // namespace holdfast::health
