// SPDX-License-Identifier: Apache-2.0
#include "holdfast/attempt/srun_line.hpp"

#include "attempt/srun_options.hpp"
#include "holdfast/common/hostlist.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>

namespace holdfast::attempt {

namespace {

Failure refusal(std::string what, std::string remedy) {
  return {FailureKind::bad_input, std::move(what), std::move(remedy), {}};
}

/// Takes words one by one off the line until the program begins.
class OptionReader {
 public:
  explicit OptionReader(std::span<const std::string> words) : words_(words) {}

  /// How many words are options; what they say is in `read`.
  std::size_t read(std::vector<SrunOption>& read, std::vector<std::string>& notes) {
    while (at_ < words_.size()) {
      const std::string_view word = words_[at_];
      if (word == "--") return at_ + 1;
      if (word.size() < 2 || word.front() != '-') return at_;
      if (word[1] == '-')
        long_option(word.substr(2), read, notes);
      else
        letters(word.substr(1), read, notes);
    }
    return at_;
  }

 private:
  void long_option(std::string_view typed,
                   std::vector<SrunOption>& read,
                   std::vector<std::string>& notes) {
    const std::size_t equals = typed.find('=');
    const std::string_view name = typed.substr(0, equals);
    const SrunOptionRow* row = srun_option(name);
    SrunOption option{std::string(row == nullptr ? name : row->name), "", at_, 1};
    if (equals != std::string_view::npos) {
      option.value = typed.substr(equals + 1);
    } else if (row == nullptr) {
      notes.push_back(cat("srun's option --",
                          name,
                          " is not known to holdfast and is taken to have no value; write --",
                          name,
                          "=VALUE if it has one"));
    } else if (row->value == Value::wanted) {
      take_next(option);
    }
    at_ += option.words;
    read.push_back(std::move(option));
  }

  /// "-ln4": letters without a value may be followed by others; a value ends the word.
  void letters(std::string_view typed,
               std::vector<SrunOption>& read,
               std::vector<std::string>& notes) {
    std::size_t words = 1;
    for (std::size_t i = 0; i < typed.size(); ++i) {
      const SrunOptionRow* row = srun_option(typed[i]);
      SrunOption option{row == nullptr ? std::string(1, typed[i]) : std::string(row->name),
                        "",
                        at_,
                        i == 0 ? 1U : 0U};
      if (row == nullptr)
        notes.push_back(cat("srun's option -", typed[i], " is not known to holdfast"));
      const bool takes = row != nullptr && row->value != Value::none;
      if (takes) {
        option.value = typed.substr(i + 1);
        if (option.value.empty() && row->value == Value::wanted) {
          take_next(option);
          words = at_ + 1 < words_.size() ? 2 : 1;
        }
        i = typed.size();
      }
      read.push_back(std::move(option));
    }
    at_ += words;
  }

  void take_next(SrunOption& option) const {
    if (option.first + 1 >= words_.size()) return;
    option.value = words_[option.first + 1];
    option.words = option.words == 0 ? 0 : 2;
  }

  std::span<const std::string> words_;
  std::size_t at_{};
};

struct Refused {
  std::string_view name, why, remedy;
};

constexpr std::array refused{
    Refused{"nodelist",
            "-w fixes the nodes, and a lost node could not be replaced",
            "leave it out: the nodes of the allocation are used, and sbatch -w can name them"},
    Refused{
        "nodefile", "-F fixes the nodes, and a lost node could not be replaced", "leave it out"},
    Refused{"relative",
            "-r counts nodes of the allocation, lost ones too",
            "leave it out: holdfast chooses among the living nodes"},
    Refused{
        "het-group",
        "--het-group makes a step over parts of a heterogeneous job, which cannot be restarted yet",
        "start one holdfast run per part"},
    Refused{"pty", "--pty gives a terminal, which belongs to one attempt only", "leave it out"},
    Refused{
        "jobid", "--jobid names a job, and the job is the one holdfast runs in", "leave it out"},
    Refused{"no-allocate", "-Z goes past the controller, which holdfast needs", "leave it out"},
};

Result<unsigned> count_of(const SrunOption& option) {
  const std::string_view text = std::string_view(option.value).substr(0, option.value.find('-'));
  const auto number = parse_number<unsigned>(text);
  if (number && *number > 0) return *number;
  return refusal(cat("srun's --", option.name, " wants a number, not '", option.value, "'"), "");
}

std::optional<Failure> read_dealing(const SrunOption& option, SrunLine& line) {
  const std::string_view first = std::string_view(option.value).substr(0, option.value.find(':'));
  if (first == "cyclic") {
    line.dealing = Dealing::cyclic;
  } else if (first != "block" && first != "*") {
    return refusal(cat("srun's -m ", option.value, " cannot be kept when a node is replaced"),
                   "use -m block or -m cyclic");
  }
  if (option.value != first)
    line.notes.push_back(cat("of srun's -m ",
                             option.value,
                             " only ",
                             first,
                             " is kept: the cores of a rank are holdfast's or Slurm's default"));
  return std::nullopt;
}

std::optional<Failure> heed(const SrunOption& option, SrunLine& line) {
  const auto take_count = [&](std::optional<unsigned>& into) -> std::optional<Failure> {
    const auto count = count_of(option);
    if (!count) return count.error();
    into = *count;
    return std::nullopt;
  };
  if (option.name == "ntasks") return take_count(line.ranks);
  if (option.name == "nodes") return take_count(line.nodes);
  if (option.name == "ntasks-per-node") return take_count(line.ranks_per_node);
  if (option.name == "distribution") return read_dealing(option, line);
  if (option.name == "exclude") {
    auto hosts = parse_hostlist(option.value);
    if (!hosts) return Failure(hosts.error()).within("srun's -x");
    line.excluded = std::move(*hosts);
  }
  if (option.name == "export" && (option.value == "NONE" || option.value == "NIL"))
    return refusal("srun's --export=NONE would keep from the ranks where they resume",
                   "write --export=ALL, or the names of your variables: holdfast adds its own");
  if (option.name == "exclusive")
    line.notes.emplace_back(
        "srun's --exclusive is left out: the ranks have to share their nodes with the sentinels "
        "(--overlap)");
  if (option.name == "multi-prog") line.multi_prog = true;
  if (option.name.starts_with("container")) line.container = true;
  if (option.name == "kill-on-bad-exit" || option.name == "wait")
    line.notes.push_back(
        cat("srun's --",
            option.name,
            " has no effect under --no-kill; holdfast ends the other ranks itself"));
  return std::nullopt;
}

}  // namespace

Result<SrunLine> read_srun_line(std::span<const std::string> command) {
  if (command.empty() || split(command.front(), '/').empty() ||
      split(command.front(), '/').back() != "srun")
    return refusal(
        command.empty() ? "there is no command to run" : cat("'", command.front(), "' is not srun"),
        "write: holdfast run [options] srun [srun's options] PROGRAM [ARGUMENT...]");
  SrunLine line;
  line.srun = command.front();
  const auto words = command.subspan(1);
  const std::size_t options = OptionReader(words).read(line.read, line.notes);
  const bool closed =
      options > 0 && words[options - 1] == "--" &&
      (line.read.empty() || line.read.back().first + line.read.back().words < options);
  line.options.assign(words.begin(),
                      words.begin() + static_cast<std::ptrdiff_t>(options - (closed ? 1 : 0)));
  line.program.assign(words.begin() + static_cast<std::ptrdiff_t>(options), words.end());
  for (const SrunOption& option : line.read) {
    const auto* no = std::ranges::find(refused, option.name, &Refused::name);
    if (no != refused.end()) return refusal(cat("srun's ", no->why), std::string(no->remedy));
    if (auto failure = heed(option, line)) return std::move(*failure);
  }
  if (line.program.empty())
    return refusal("srun's line names no program",
                   "write: holdfast run [options] srun [srun's options] PROGRAM [ARGUMENT...]");
  // srun takes it so wherever it stands, also among the words of the program.
  if (std::ranges::count(line.program, ":") != 0)
    return refusal(
        "srun's line has a word ':', which begins another program, and steps of several "
        "programs cannot be restarted yet",
        "start one holdfast run per program, or give srun a --multi-prog file");
  return line;
}

}  // namespace holdfast::attempt
