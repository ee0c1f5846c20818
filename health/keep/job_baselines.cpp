// SPDX-License-Identifier: Apache-2.0
// A file's first line is its job, by which one is not taken for another's; the rest is the
// baseline.
#include "holdfast/health/keep/job_baselines.hpp"

#include "baseline_text.hpp"
#include "file.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/files/read_file.hpp"

#include <functional>

namespace holdfast::health {

namespace {

constexpr std::size_t most_file_bytes = std::size_t{8} << 20;

std::string first_line(std::string_view job) {
  std::string line(job.substr(0, 80));
  for (char& letter : line)
    if (letter < ' ') letter = ' ';
  return line + '\n';
}

}  // namespace

std::filesystem::path JobBaselines::place_of(std::string_view job) const {
  const auto number = parse_number<std::uint64_t>(job);
  const std::uint64_t any = number ? *number : std::hash<std::string_view>{}(job);
  return folder_ / cat("baseline-", any % most);
}

Result<std::string> JobBaselines::text_of(std::string_view job) const {
  auto text = files::read_file(place_of(job), most_file_bytes);
  if (!text) return text.error();
  const std::string line = first_line(job);
  if (!text->starts_with(line))
    return Failure{FailureKind::not_found, cat("nothing is kept of job ", line), {}, {}};
  return text->substr(line.size());
}

Result<Baseline> JobBaselines::read(std::string_view job) const {
  const auto text = text_of(job);
  if (!text) return text.error();
  return parse_baseline(*text);
}

Result<void> JobBaselines::write(std::string_view job, const Baseline& baseline) const {
  return replace_file(place_of(job), cat(first_line(job), to_json(baseline), '\n'), 0600);
}

void JobBaselines::remove(std::string_view job) const {
  if (text_of(job)) remove_file(place_of(job));
}

}  // namespace holdfast::health
