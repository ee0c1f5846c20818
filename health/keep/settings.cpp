// SPDX-License-Identifier: Apache-2.0
// The health tables of holdfast.toml. One table of keys gives the reader, the manual page and the
// messages; the keys of a class come from its own list of members.
#include "holdfast/health/keep/settings.hpp"

#include "holdfast/common/duration.hpp"
#include "holdfast/common/hostlist.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/files/read_file.hpp"
#include "holdfast/health/class_fields.hpp"
#include "holdfast/health/learn.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <toml++/toml.h>

namespace holdfast::health {

namespace {

using Wrong = std::optional<std::string>;

Wrong take(const toml::node& node, std::string& into) {
  const auto text = node.value_exact<std::string>();
  if (!text) return "must be text in quotes";
  into = *text;
  return std::nullopt;
}

Wrong take(const toml::node& node, std::filesystem::path& into) {
  std::string text;
  if (auto wrong = take(node, text)) return wrong;
  if (!text.empty() && !text.starts_with('/')) return "must be an absolute path";
  into = text;
  return std::nullopt;
}

Wrong take(const toml::node& node, bool& into) {
  const auto flag = node.value_exact<bool>();
  if (!flag) return "must be true or false";
  into = *flag;
  return std::nullopt;
}

Wrong take(const toml::node& node, std::optional<bool>& into) {
  bool flag{};
  if (auto wrong = take(node, flag)) return wrong;
  into = flag;
  return std::nullopt;
}

Wrong take(const toml::node& node, unsigned& into) {
  const auto number = node.value_exact<std::int64_t>();
  if (!number || *number < 0 || *number > std::numeric_limits<std::int32_t>::max())
    return "must be a whole number that is not negative";
  into = static_cast<unsigned>(*number);
  return std::nullopt;
}

Wrong take(const toml::node& node, double& into) {
  const auto number = node.value<double>();
  if (!number || !(*number >= -1e15 && *number <= 1e15)) return "must be a number";
  into = *number;
  return std::nullopt;
}

Wrong take(const toml::node& node, std::chrono::milliseconds& into) {
  std::string text;
  if (auto wrong = take(node, text)) return wrong;
  const auto duration = parse_duration(text);
  if (!duration) return cat("is wrong: ", duration.error().sentence());
  if (*duration < std::chrono::milliseconds(10) || *duration > std::chrono::hours(1))
    return "must lie between 10ms and 1h";
  into = *duration;
  return std::nullopt;
}

Wrong take(const toml::node& node, std::vector<std::string>& into) {
  const auto* list = node.as_array();
  if (list == nullptr) return R"(must be a list of texts: ["a", "b"])";
  into.clear();
  into.reserve(list->size());
  for (const toml::node& element : *list)
    if (auto wrong = take(element, into.emplace_back()))
      return R"(must be a list of texts: ["a", "b"])";
  return std::nullopt;
}

Wrong take_directories(const toml::node& node, std::vector<std::string>& into) {
  if (auto wrong = take(node, into)) return wrong;
  for (const std::string& directory : into)
    if (!directory.starts_with('/')) return "must be absolute paths";
  return std::nullopt;
}

/// The program by its whole path: root runs it, whatever its PATH is.
Wrong take_command(const toml::node& node, std::vector<std::string>& into) {
  if (auto wrong = take(node, into)) return wrong;
  if (!into.empty() && !into.front().starts_with('/')) return "must begin with an absolute path";
  return std::nullopt;
}

Wrong take_probes(const toml::node& node, std::vector<std::string>& into) {
  if (auto wrong = take(node, into)) return wrong;
  std::vector<std::string> known(probe_names.begin(), probe_names.end());
  for (const std::string& probe : into) {
    if (std::ranges::find(known, probe) != known.end()) continue;
    if (probe.starts_with(mount_probe) && probe.substr(mount_probe.size()).starts_with('/'))
      continue;
    const auto meant = nearest(probe, known);
    return cat("names no probe with ",
               probe,
               meant ? cat("; did you mean ", *meant, '?')
                     : R"(; write "mount /home" for a file system of a network)");
  }
  return std::nullopt;
}

Wrong take(const toml::node& node, Mode& into) {
  std::string word;
  if (auto wrong = take(node, word)) return wrong;
  if (word != "observe" && word != "act") return R"(must be "observe" or "act")";
  into = word == "act" ? Mode::act : Mode::observe;
  return std::nullopt;
}

Wrong take_share(const toml::node& node, double& into) {
  if (auto wrong = take(node, into)) return wrong;
  return into < 0 || into > 1 ? Wrong("must lie between 0 and 1") : std::nullopt;
}

struct Key {
  CheckSettingRow row;
  Wrong (*take)(CheckSettings&, const toml::node&);
};

constexpr std::array keys{
    Key{{"mode",
         "text",
         "\"observe\"",
         "observe: only say what would be done; act: drain and lift"},
        [](CheckSettings& s, const toml::node& n) { return take(n, s.policy.mode); }},
    Key{{"drained_at_most", "number", "2", "nodes that holdfast keeps drained at one time"},
        [](CheckSettings& s, const toml::node& n) { return take(n, s.policy.drained_at_most); }},
    Key{{"drained_share", "number", "0.02", "the same as a share of all nodes; the larger counts"},
        [](CheckSettings& s, const toml::node& n) {
          return take_share(n, s.policy.drained_share);
        }},
    Key{{"shared_cause",
         "number",
         "3",
         "so many nodes drained for one check within an hour: its cause is elsewhere; 0 never"},
        [](CheckSettings& s, const toml::node& n) { return take(n, s.policy.shared_cause); }},
    Key{{"clean_runs", "number", "3", "clean runs before an own drain is lifted"},
        [](CheckSettings& s, const toml::node& n) { return take(n, s.policy.clean_runs); }},
    Key{{"lifts_a_day", "number", "3", "drains lifted within a day; then a person has to look"},
        [](CheckSettings& s, const toml::node& n) { return take(n, s.policy.lifts_a_day); }},
    Key{{"refuse_unknown", "boolean", "false", "a prolog also refuses what could not be seen"},
        [](CheckSettings& s, const toml::node& n) { return take(n, s.policy.refuse_unknown); }},
    Key{{"prolog_deadline", "duration", "\"1s\"", "a prolog's checks end by then, seen or not"},
        [](CheckSettings& s, const toml::node& n) { return take(n, s.prolog_deadline); }},
    Key{{"write_to",
         "list of texts",
         "[]",
         "directories to which return-to-service writes a small file"},
        [](CheckSettings& s, const toml::node& n) { return take_directories(n, s.write_to); }},
    Key{{"checkpoints",
         "list of texts",
         "[]",
         "directories that must have room for one more checkpoint"},
        [](CheckSettings& s, const toml::node& n) { return take_directories(n, s.checkpoints); }},
    Key{{"event_log",
         "list of texts",
         "[]",
         "a program and its words that print the service processor's log; empty: not asked"},
        [](CheckSettings& s, const toml::node& n) { return take_command(n, s.event_log); }},
    Key{{"leave_out",
         "list of texts",
         "[]",
         "probes that never run, as check --explain names them; their checks are silent"},
        [](CheckSettings& s, const toml::node& n) { return take_probes(n, s.leave_out); }},
    Key{{"deadline", "duration", "\"30s\"", "the same for the other tiers"},
        [](CheckSettings& s, const toml::node& n) { return take(n, s.deadline); }},
    Key{{"slurm_deadline", "duration", "\"5s\"", "for one answer of scontrol or sinfo"},
        [](CheckSettings& s, const toml::node& n) { return take(n, s.slurm_deadline); }},
    Key{{"slurm_bin", "path", "\"\"", "where scontrol and sinfo are; empty: by PATH"},
        [](CheckSettings& s, const toml::node& n) { return take(n, s.slurm_bin); }},
    Key{{"state", "path", "\"/var/lib/holdfast/health\"", "what a node remembers of itself"},
        [](CheckSettings& s, const toml::node& n) { return take(n, s.state); }},
    Key{{"run", "path", "\"/run/holdfast\"", "what it remembers until the next boot"},
        [](CheckSettings& s, const toml::node& n) { return take(n, s.run); }},
    Key{{"prometheus", "path", "\"\"", "text file of metrics, written after each periodic check"},
        [](CheckSettings& s, const toml::node& n) { return take(n, s.prometheus); }},
    Key{{"nvml", "path", "\"\"", "libnvidia-ml.so.1, where the loader does not find it"},
        [](CheckSettings& s, const toml::node& n) { return take(n, s.nvml); }},
};

constexpr auto rows = [] {
  std::array<CheckSettingRow, keys.size()> out{};
  for (std::size_t i = 0; i < keys.size(); ++i)
    out[i] = keys[i].row;
  return out;
}();

/// Those of the whole file; [machine] and [bind] have a reader of their own (step/settings).
constexpr std::array<std::string_view, 4> tables{"bind", "check", "class", "machine"};

/// Carries the origin and the first thing that was wrong through the tables.
class File {
 public:
  File(CheckSettings& settings, std::string_view origin) : settings_(settings), origin_(origin) {}

  std::optional<Failure> wrong;

  void take_file(const toml::table& file) {
    for (const auto& [name, node] : file) {
      if (wrong) return;
      const toml::table* table = node.as_table();
      const bool ours = name.str() == "check" || name.str() == "class";
      if (std::ranges::find(tables, name.str()) == tables.end())
        unknown(name, "table", name.str(), {tables.begin(), tables.end()});
      else if (ours && table == nullptr)
        complain(node, cat(name.str(), " must be a table"));
      else if (name.str() == "check")
        take_check(*table);
      else if (ours)
        take_classes(*table);
    }
  }

 private:
  void take_check(const toml::table& table) {
    for (const auto& [name, node] : table) {
      if (wrong) return;
      if (name.str() == "severity" || name.str() == "limit")
        take_by_check(name.str(), node);
      else
        take_key(name, node);
    }
  }

  void take_classes(const toml::table& table) {
    for (const auto& [name, node] : table) {
      if (wrong) return;
      const toml::table* members = node.as_table();
      if (members == nullptr)
        complain(node, cat("class.", name.str(), " must be a table"));
      else
        take_class(std::string(name.str()), *members);
    }
  }

  void complain(const toml::node& node, std::string_view what) { complain(node.source(), what); }
  void complain(const toml::source_region& where, std::string_view what) {
    if (!wrong)
      wrong = Failure{FailureKind::bad_input,
                      cat(origin_, ": line ", where.begin.line, ": ", what),
                      "see holdfast.toml(5)",
                      {}};
  }
  void unknown(const toml::key& name,
               std::string_view kind,
               std::string_view word,
               const std::vector<std::string>& words) {
    const auto meant = nearest(word, words);
    complain(
        name.source(),
        cat("there is no ", kind, ' ', word, meant ? cat("; did you mean ", *meant, '?') : ""));
  }

  void take_key(const toml::key& name, const toml::node& node) {
    std::vector<std::string> words;
    for (const Key& key : keys) {
      if (key.row.key == name.str()) {
        if (const auto what = key.take(settings_, node))
          complain(node, cat("check.", name.str(), ' ', *what));
        return;
      }
      words.push_back(cat("check.", key.row.key));
    }
    unknown(name, "setting", cat("check.", name.str()), words);
  }

  void take_by_check(std::string_view table, const toml::node& node) {
    const toml::table* members = node.as_table();
    if (members == nullptr) return complain(node, cat("check.", table, " must be a table"));
    for (const auto& [name, value] : *members) {
      if (wrong) return;
      if (table == "severity")
        take_severity(name, value);
      else
        take_limit(name, value);
    }
  }

  void take_severity(const toml::key& name, const toml::node& node) {
    if (find_check(name.str()) == nullptr) {
      std::vector<std::string> ids;
      for (const Check* check : all_checks())
        ids.emplace_back(check->id);
      return unknown(name, "check", name.str(), ids);
    }
    std::string word;
    const auto what = take(node, word);
    const auto severity = severity_of(word);
    if (what || (word != "off" && (!severity || *severity == Severity::unknown)))
      return complain(node,
                      cat(name.str(),
                          " must be \"off\", \"note\", \"watch\", \"unfit\" or "
                          "\"fatal\""));
    settings_.overrides.severity[std::string(name.str())] = word;
  }

  void take_limit(const toml::key& name, const toml::node& node) {
    std::vector<std::string> words;
    for (const Check* check : all_checks())
      for (const Limit& limit : check->limits)
        words.push_back(cat(check->id, '.', limit.name));
    if (std::ranges::find(words, name.str()) == words.end())
      return unknown(name, "limit", name.str(), words);
    double value{};
    if (const auto what = take(node, value)) return complain(node, cat(name.str(), ' ', *what));
    settings_.limits[std::string(name.str())] = value;
  }

  void take_class(const std::string& name, const toml::table& members) {
    NodeClass node;
    node.name = name;
    std::vector<std::string> known;
    const auto visit = [&](std::string_view key, auto& member, std::string_view) {
      known.push_back(cat("class.", name, '.', key));
      const toml::node* value = members.get(key);
      if (value == nullptr || wrong) return;
      if (const auto what = take(*value, member)) complain(*value, cat(known.back(), ' ', *what));
    };
    class_fields(visit, node);
    for (const auto& [key, value] : members) {
      const std::string word = cat("class.", name, '.', key.str());
      if (std::ranges::find(known, word) == known.end())
        return unknown(key, "setting", word, known);
    }
    if (!node.hosts.empty())
      if (const auto hosts = parse_hostlist(node.hosts); !hosts)
        return complain(members,
                        cat("class.", name, ".hosts is wrong: ", hosts.error().sentence()));
    settings_.classes.push_back(std::move(node));
  }

  CheckSettings& settings_;
  std::string_view origin_;
};

}  // namespace

std::span<const CheckSettingRow> check_setting_rows() { return rows; }

Result<CheckSettings> parse_check_settings(std::string_view text, std::string_view origin) {
  CheckSettings settings;
  try {  // toml++ tells syntax errors by exception; they end here
    const toml::table file = toml::parse(text, origin);
    File reader(settings, origin);
    reader.take_file(file);
    if (reader.wrong) return std::move(*reader.wrong);
  } catch (const toml::parse_error& error) {
    return Failure{FailureKind::bad_input,
                   cat(origin, ": line ", error.source().begin.line, ": ", error.description()),
                   "see holdfast.toml(5)",
                   {}};
  }
  return settings;
}

Result<CheckSettings> read_check_settings(const std::filesystem::path& file) {
  const auto text = files::read_settings_file(file);
  if (!text) return text.error();
  return parse_check_settings(*text, file.string());
}

}  // namespace holdfast::health
