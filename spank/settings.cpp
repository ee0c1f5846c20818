// SPDX-License-Identifier: Apache-2.0
// What can be asked of the plugin, in the same words wherever it is asked: on the command line, in
// the job's environment, in plugstack.conf. Pure; who is told about a bad word is the hooks'
// affair.
#include "holdfast/spank/settings.hpp"

#include "holdfast/common/duration.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace holdfast::spank {

namespace {

/// A hostile word in a message must neither be endless nor move the terminal's cursor.
std::string quoted(std::string_view text) {
  constexpr std::size_t longest_quote = 60;
  std::string out(text.substr(0, longest_quote));
  std::ranges::replace_if(
      out, [](unsigned char letter) { return letter < ' ' || letter == 0x7f; }, '?');
  return cat("'", out, "'");
}

Failure unknown_word(std::string_view word, std::span<const std::string> known) {
  const auto meant = nearest(word, known);
  return {FailureKind::bad_input,
          cat(quoted(word), " is not one of ", join(known, ", ")),
          meant ? cat("did you mean ", *meant, "?") : "",
          {}};
}

const std::array<std::string, 5>& bind_words() {
  static const std::array<std::string, 5> words{"off", "full", "local", "explain", "strict"};
  return words;
}

const std::array<std::string, 3>& visible_words() {
  static const std::array<std::string, 3> words{"all", "first", "only"};
  return words;
}

/// Longer than any step should wait for its ranks, shorter than the time-outs of Slurm itself.
constexpr std::chrono::milliseconds longest_deadline{60000};

/// Arguments as they stand; only all of them together say whether binding is on.
struct Draft {
  Site site;
  BindWish bind;
  std::string visible;
  std::optional<bool> by_default;
};

std::optional<std::string> take_bind(Draft& draft, std::string_view value) {
  auto wish = parse_bind(value);
  if (!wish) return wish.error().sentence();
  draft.bind = std::move(*wish);
  return std::nullopt;
}

std::optional<std::string> take_visible(Draft& draft, std::string_view value) {
  auto visible = parse_visible(value);
  if (!visible) return visible.error().sentence();
  draft.visible = std::move(*visible);
  return std::nullopt;
}

std::optional<std::string> take_default(Draft& draft, std::string_view value) {
  if (value != "on" && value != "off") return cat(quoted(value), " is neither on nor off");
  draft.by_default = value == "on";
  return std::nullopt;
}

std::optional<std::string> take_program(Draft& draft, std::string_view value) {
  if (!value.starts_with('/')) return cat(quoted(value), " is no absolute path");
  draft.site.program = value;
  return std::nullopt;
}

std::optional<std::string> take_deadline(Draft& draft, std::string_view value) {
  const auto deadline = parse_duration(value);
  if (!deadline) return deadline.error().sentence();
  if (deadline->count() == 0 || *deadline > longest_deadline) {
    return cat(quoted(value), " is not between 1ms and 60s");
  }
  draft.site.deadline = *deadline;
  return std::nullopt;
}

struct Key {
  const char* name;
  /// Says what is wrong with the value, or nothing.
  std::optional<std::string> (*take)(Draft&, std::string_view);
};

constexpr std::array<Key, 5> keys{{{"bind", take_bind},
                                   {"default", take_default},
                                   {"visible", take_visible},
                                   {"program", take_program},
                                   {"deadline", take_deadline}}};

/// Says what is wrong with the argument, or nothing.
std::optional<std::string> take_argument(Draft& draft, std::string_view argument) {
  const auto equals = argument.find('=');
  const std::string_view name = argument.substr(0, equals);
  const auto key = std::ranges::find_if(keys, [&](const Key& one) { return name == one.name; });
  if (key == keys.end()) {
    std::vector<std::string> known;
    known.reserve(keys.size());
    for (const Key& one : keys)
      known.emplace_back(one.name);
    return unknown_word(name, known).sentence();
  }
  return key->take(
      draft, equals == std::string_view::npos ? std::string_view{} : argument.substr(equals + 1));
}

}  // namespace

Result<BindWish> parse_bind(std::string_view words) {
  BindWish wish;
  const auto contradiction = [&] {
    return Failure{FailureKind::bad_input,
                   cat(quoted(words), " contradicts itself"),
                   "say off, or one of full and local with explain or strict",
                   {}};
  };
  auto parts = split(words, ',');
  if (parts.empty()) parts.emplace_back();
  for (const std::string_view word : parts) {
    if (std::ranges::find(bind_words(), word) == bind_words().end()) {
      return unknown_word(word, bind_words());
    }
    const bool on = word != "off";
    if (wish.on.value_or(on) != on) return contradiction();
    wish.on = on;
    if (word == "full" || word == "local") {
      if (!wish.mode.empty() && wish.mode != word) return contradiction();
      wish.mode = word;
    }
    wish.explain = wish.explain || word == "explain";
    wish.strict = wish.strict || word == "strict";
  }
  return wish;
}

Result<std::string> parse_visible(std::string_view word) {
  if (std::ranges::find(visible_words(), word) == visible_words().end()) {
    return unknown_word(word, visible_words());
  }
  return std::string(word);
}

BindWish over(BindWish lower, const BindWish& upper) {
  if (upper.on) lower.on = upper.on;
  if (!upper.mode.empty()) lower.mode = upper.mode;
  if (!upper.visible.empty()) lower.visible = upper.visible;
  lower.explain = lower.explain || upper.explain;
  lower.strict = lower.strict || upper.strict;
  return lower;
}

SiteRead read_site(std::span<const std::string_view> arguments) {
  Draft draft;
  std::vector<std::string> complaints;
  for (const std::string_view argument : arguments) {
    if (const auto wrong = take_argument(draft, argument)) {
      complaints.push_back(cat("plugstack.conf: ignoring ", quoted(argument), ": ", *wrong));
    }
  }
  draft.site.wish = std::move(draft.bind);
  draft.site.wish.visible = std::move(draft.visible);
  // "bind=local default=off" binds who asks, and then locally.
  if (draft.by_default) draft.site.wish.on = draft.by_default;
  return {std::move(draft.site), std::move(complaints)};
}

}  // namespace holdfast::spank
