// SPDX-License-Identifier: Apache-2.0
// holdfast.toml: one table of keys gives the reader, the manual page and the messages, so that they
// cannot drift apart.
#include "holdfast/step/settings.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/files/read_file.hpp"

#include <array>
#include <variant>

#include <toml++/toml.h>

namespace holdfast::step {

namespace {

using affinity::Mode;
using affinity::Visible;

/// Takes one value into the settings; says what is wrong with it, or nothing.
using Taker = std::optional<std::string> (*)(Settings&, const toml::node&);

struct Key {
  SettingRow row;
  Taker take;
};

std::optional<std::string> take_text(const toml::node& node, std::string& into) {
  const auto text = node.value_exact<std::string>();
  if (!text) return "must be text in quotes";
  into = *text;
  return std::nullopt;
}

std::optional<std::string> take_flag(const toml::node& node, bool& into) {
  const auto flag = node.value_exact<bool>();
  if (!flag) return "must be true or false";
  into = *flag;
  return std::nullopt;
}

std::optional<std::string> take_texts(const toml::node& node, std::vector<std::string>& into) {
  const auto* list = node.as_array();
  if (list == nullptr) return R"(must be a list of texts: ["a", "b"])";
  for (const toml::node& element : *list) {
    const auto text = element.value_exact<std::string>();
    if (!text) return R"(must be a list of texts: ["a", "b"])";
    into.push_back(*text);
  }
  return std::nullopt;
}

/// Takes a text and lets `parse` make the value of it.
template <class Value, class Parse>
std::optional<std::string> take_parsed(const toml::node& node, Value& into, Parse parse) {
  std::string text;
  if (auto wrong = take_text(node, text)) return wrong;
  auto value = parse(text);
  if (!value) return cat("is wrong: ", value.error().sentence());
  into = std::move(*value);
  return std::nullopt;
}

std::optional<std::string> take_topology(Settings& settings, const toml::node& node) {
  std::string path;
  if (auto wrong = take_text(node, path)) return wrong;
  if (!path.starts_with('/')) return "must be an absolute path";
  settings.topology = path;
  return std::nullopt;
}

std::optional<std::string> take_vendors(Settings& settings, const toml::node& node) {
  if (auto wrong = take_texts(node, settings.gpu_vendors)) return wrong;
  for (const std::string& vendor : settings.gpu_vendors)
    if (vendor.size() != 4 || !parse_number<unsigned>(vendor, 16))
      return "must hold PCI vendor ids of four hexadecimal digits";
  return std::nullopt;
}

std::optional<std::string> take_smt(Settings& settings, const toml::node& node) {
  const auto number = node.value_exact<std::int64_t>();
  if (!number || *number < 0 || *number > 64) return "must be a number from 0 (all) to 64";
  settings.threads_per_core = static_cast<unsigned>(*number);
  return std::nullopt;
}

std::optional<std::string> take_gpus(Settings& settings, const toml::node& node) {
  std::vector<std::string> texts;
  if (auto wrong = take_texts(node, texts)) return wrong;
  for (const std::string& text : texts) {
    const auto id = affinity::parse_gpu_id(text);
    if (!id) return cat("is wrong: ", id.error().sentence());
    settings.without_gpus.push_back(*id);
  }
  return std::nullopt;
}

constexpr std::array keys{
    Key{{"machine",
         "topology",
         "path",
         "",
         "recorded machine (hwloc XML, NCCL XML or topo --json) taken for this one"},
        take_topology},
    Key{{"machine",
         "stand_in",
         "boolean",
         "false",
         "this machine only stands in for the recorded one: for test clusters"},
        [](Settings& s, const toml::node& n) { return take_flag(n, s.stand_in); }},
    Key{{"machine",
         "gpu_vendors",
         "list of texts",
         "[]",
         "PCI vendor ids taken for GPUs besides 10de, 1002 and 8086"},
        take_vendors},
    Key{{"bind",
         "mode",
         "text",
         "\"full\"",
         "full: all cores, equal shares; local: only cores local to the GPU"},
        [](Settings& s, const toml::node& n) { return take_parsed(n, s.mode, parse_mode); }},
    Key{{"bind",
         "visible",
         "text",
         "\"all\"",
         "GPUs a rank sees: all, first (own first) or only (own alone)"},
        [](Settings& s, const toml::node& n) { return take_parsed(n, s.visible, parse_visible); }},
    Key{{"bind", "smt", "number", "0", "hardware threads used of each core; 0 uses all"}, take_smt},
    Key{{"bind", "system_cpus", "CPU list", "\"\"", "PUs kept for the system: no rank gets them"},
        [](Settings& s, const toml::node& n) {
          return take_parsed(n, s.kept_for_system, parse_cpu_list);
        }},
    Key{{"bind", "without_gpus", "list of texts", "[]", "PCI addresses of GPUs no rank gets"},
        take_gpus},
    Key{{"bind", "without_nics", "list of texts", "[]", "names of NICs no rank gets"},
        [](Settings& s, const toml::node& n) { return take_texts(n, s.without_nics); }},
    Key{{"bind",
         "rank_nics",
         "boolean",
         "false",
         "set UCX_NET_DEVICES and FI_* per rank: for MPI sites"},
        [](Settings& s, const toml::node& n) { return take_flag(n, s.rank_nics); }},
    Key{{"bind",
         "gpus_without_gres",
         "boolean",
         "false",
         "GPUs are no GRES here: every step may use all of its node"},
        [](Settings& s, const toml::node& n) { return take_flag(n, s.gpus_without_gres); }},
};

constexpr auto rows = [] {
  std::array<SettingRow, keys.size()> out{};
  for (std::size_t i = 0; i < keys.size(); ++i)
    out[i] = keys[i].row;
  return out;
}();

Failure wrong_setting(std::string_view origin,
                      const toml::source_region& where,
                      std::string_view what) {
  return {FailureKind::bad_input,
          cat(origin, ": line ", where.begin.line, ": ", what),
          "see holdfast.toml(5)",
          {}};
}

Failure unknown_setting(std::string_view origin,
                        const toml::source_region& where,
                        const std::string& name) {
  std::vector<std::string> names;
  names.reserve(keys.size());
  for (const Key& key : keys)
    names.push_back(cat(key.row.section, '.', key.row.key));
  const auto meant = nearest(name, names);
  return wrong_setting(
      origin,
      where,
      cat("there is no setting ", name, meant ? cat("; did you mean ", *meant, "?") : ""));
}

std::optional<Failure> take_section(Settings& settings,
                                    std::string_view origin,
                                    std::string_view section,
                                    const toml::table& table) {
  for (const auto& [name, node] : table) {
    const Key* found = nullptr;
    for (const Key& key : keys)
      if (key.row.section == section && key.row.key == name.str()) found = &key;
    if (found == nullptr)
      return unknown_setting(origin, name.source(), cat(section, '.', name.str()));
    if (const auto wrong = found->take(settings, node))
      return wrong_setting(origin, node.source(), cat(section, '.', name.str(), ' ', *wrong));
  }
  return std::nullopt;
}

}  // namespace

std::span<const SettingRow> setting_rows() { return rows; }

Result<Mode> parse_mode(std::string_view text) {
  if (text == "full") return Mode::full;
  if (text == "local") return Mode::local;
  return Failure{FailureKind::bad_input,
                 cat("mode \"", text.substr(0, 40), "\" is unknown"),
                 "write full or local",
                 {}};
}

Result<Visible> parse_visible(std::string_view text) {
  if (text == "all") return Visible::all;
  if (text == "first") return Visible::first;
  if (text == "only") return Visible::only;
  return Failure{FailureKind::bad_input,
                 cat("visibility \"", text.substr(0, 40), "\" is unknown"),
                 "write all, first or only",
                 {}};
}

Result<Settings> parse_settings(std::string_view text, std::string_view origin) {
  Settings settings;
  try {  // toml++ tells syntax errors by exception; they end here
    const toml::table file = toml::parse(text, origin);
    for (const auto& [name, node] : file) {
      const toml::table* section = node.as_table();
      // The tables of the health checks have a reader of their own.
      if (name.str() == "check" || name.str() == "class") continue;
      if (section == nullptr)
        return unknown_setting(origin, name.source(), std::string(name.str()));
      if (auto failure = take_section(settings, origin, name.str(), *section))
        return std::move(*failure);
    }
  } catch (const toml::parse_error& error) {
    return wrong_setting(origin, error.source(), std::string(error.description()));
  }
  return settings;
}

Result<Settings> read_settings(const std::filesystem::path& file) {
  const auto text = files::read_settings_file(file);
  if (!text) return text.error();
  return parse_settings(*text, file.string());
}

}  // namespace holdfast::step
