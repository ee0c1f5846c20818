// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/names.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>

namespace holdfast::checkpoint {

namespace {

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end]))
    ++end;
  return end - at;
}

/// `numbers` holds what was matched so far. Only '*' looks ahead, and no shape has more than two.
bool match_from(std::string_view shape,
                std::string_view name,
                std::vector<std::uint64_t>& numbers) {
  while (!shape.empty()) {
    if (shape.front() == '*') {
      const std::size_t kept = numbers.size();
      for (std::size_t skip = 0; skip <= name.size(); ++skip) {
        if (match_from(shape.substr(1), name.substr(skip), numbers)) return true;
        numbers.resize(kept);
      }
      return false;
    }
    if (shape.front() == '#') {
      const std::size_t length = digits_at(name, 0);
      const auto number = parse_number<std::uint64_t>(name.substr(0, length));
      if (!number) return false;
      numbers.push_back(*number);
      name.remove_prefix(length);
    } else {
      if (name.empty() || name.front() != shape.front()) return false;
      name.remove_prefix(1);
    }
    shape.remove_prefix(1);
  }
  return name.empty();
}

}  // namespace

std::optional<std::vector<std::uint64_t>> match(std::string_view shape, std::string_view name) {
  std::vector<std::uint64_t> numbers;
  if (name.size() > 512 || !match_from(shape, name, numbers)) return std::nullopt;
  return numbers;
}

std::optional<std::uint64_t> number_after(std::string_view word, std::string_view name) {
  for (auto at = name.rfind(word); at != std::string_view::npos; at = name.rfind(word, at - 1)) {
    const std::size_t begin = at + word.size();
    const std::size_t length = digits_at(name, begin);
    if (length != 0)
      if (const auto number = parse_number<std::uint64_t>(name.substr(begin, length)))
        return number;
    if (at == 0) break;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> last_number(std::string_view name) {
  std::size_t end = name.size();
  while (end > 0 && !is_digit(name[end - 1]))
    --end;
  std::size_t begin = end;
  while (begin > 0 && is_digit(name[begin - 1]))
    --begin;
  return parse_number<std::uint64_t>(name.substr(begin, end - begin));
}

bool is_temporary(std::string_view name) {
  constexpr std::array endings{
      ".tmp", ".temp", ".partial", ".dirty", "-unfinished", ".incomplete", ".metadata.bck"};
  constexpr std::array pieces{".tempstate", ".orbax-checkpoint-tmp"};
  if (name == "checkpoint-is-incomplete.txt" || name == "checkpoint_tmp") return true;
  if (name.starts_with(".tmp") || name.starts_with("tmp-checkpoint-")) return true;
  return std::ranges::any_of(endings, [&](const char* end) { return name.ends_with(end); }) ||
         std::ranges::any_of(
             pieces, [&](const char* piece) { return name.find(piece) != std::string_view::npos; });
}

bool is_bystander(std::string_view name) {
  constexpr std::array names{
      "lost+found",  ".snapshot",      ".zfs",           ".git",
      ".gitignore",  ".gitattributes", "runs",           "logs",
      "log",         "wandb",          "mlruns",         "tensorboard",
      "tb_logs",     "lightning_logs", "nemo_log_files", "nemo_log_globalrank-0_localrank-0.txt",
      "__pycache__", ".cache",         ".DS_Store",      "zero_to_fp32.py"};
  constexpr std::array endings{".log",
                               ".out",
                               ".err",
                               ".md",
                               ".txt",
                               ".yaml",
                               ".yml",
                               ".toml",
                               ".json",
                               ".jsonl",
                               ".csv",
                               ".py",
                               ".sh",
                               ".png",
                               ".tsv",
                               ".model",
                               ".jinja"};
  if (name.starts_with(".nfs") || name.starts_with(".holdfast") ||
      name.starts_with("events.out.tfevents") || name.starts_with("slurm-"))
    return true;
  return std::ranges::find(names, name) != names.end() ||
         std::ranges::any_of(endings, [&](const char* end) { return name.ends_with(end); });
}

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view directory_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string without_numbers(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (!is_digit(name[i]))
      out += name[i];
    else if (i == 0 || !is_digit(name[i - 1]))
      out += '#';
  }
  return out;
}

}  // namespace holdfast::checkpoint
