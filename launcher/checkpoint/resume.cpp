// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/resume.hpp"

#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>

namespace holdfast::checkpoint {

namespace {

constexpr std::array<std::string_view, 6> placeholders{
    "path", "dir", "name", "tag", "step", "format"};

struct Custom {
  std::string_view format;
  std::string_view words;
};

constexpr std::array customs{
    Custom{"megatron", "--load {dir} --ckpt-step {step} --exit-on-missing-checkpoint"},
    Custom{"hf-trainer", "--resume_from_checkpoint {path}"},
    Custom{"lightning", "--ckpt_path {path}"},
    Custom{"torchtitan", "--checkpoint.load_step {step}"},
    Custom{"composer", "load_path={path}"},
    Custom{"nemo", "resume.resume_from_path={path}"},
    Custom{"accelerate", "--resume_from_checkpoint {path}"},
    Custom{"gromacs", "-cpi {path}"},
    Custom{"lammps", "-var restart {path}"},
};

/// What is being read of a template: a plain word, or one of the two kinds of quotes.
class Splitter {
 public:
  Result<std::vector<std::string>> run(std::string_view text) {
    for (const char letter : text)
      take(letter);
    if (escaped_ || quote_ != '\0')
      return Failure{FailureKind::bad_input,
                     cat("the template ends within ",
                         escaped_ ? std::string("an escape") : cat("a quote ", quote_),
                         ": ",
                         text),
                     "close it",
                     {}};
    end_word();
    return std::move(words_);
  }

 private:
  void take(char letter) {
    if (escaped_) {
      add(letter);
      escaped_ = false;
    } else if (letter == '\\' && quote_ != '\'') {
      escaped_ = true;
      begun_ = true;
    } else if (quote_ != '\0') {
      if (letter == quote_)
        quote_ = '\0';
      else
        add(letter);
    } else if (letter == '\'' || letter == '"') {
      quote_ = letter;
      begun_ = true;  // '' is a word, an empty one
    } else if (letter == ' ' || letter == '\t' || letter == '\n') {
      end_word();
    } else {
      add(letter);
    }
  }

  void add(char letter) {
    word_ += letter;
    begun_ = true;
  }

  void end_word() {
    if (begun_) words_.push_back(std::move(word_));
    word_.clear();
    begun_ = false;
  }

  std::vector<std::string> words_;
  std::string word_;
  bool begun_{};
  bool escaped_{};
  char quote_{'\0'};
};

Failure unknown_placeholder(std::string_view name) {
  std::vector<std::string> known(placeholders.begin(), placeholders.end());
  const auto meant = nearest(name, known);
  return {FailureKind::bad_input,
          cat("the template has {", name, "}, which stands for nothing"),
          meant
              ? cat("did you mean {", *meant, "}? A brace itself is written {{")
              : std::string("there are {path}, {dir}, {name}, {tag}, {step} and {format}; a brace "
                            "itself is written {{"),
          {}};
}

Result<std::string> value_of(std::string_view name, const Resumption& from) {
  if (name == "path") return from.path;
  if (name == "dir") return from.dir;
  if (name == "name") return from.name;
  if (name == "tag") return from.tag;
  if (name == "format") return from.format;
  if (name != "step") return unknown_placeholder(name);
  if (from.step) return std::to_string(*from.step);
  return Failure{FailureKind::bad_input,
                 cat("the template asks for {step}, and ", from.path, " does not tell its step"),
                 "use {path} or {tag}",
                 {}};
}

}  // namespace

Resumption resumption(const std::string& root, const Checkpoint& checkpoint) {
  Resumption from;
  from.dir = root;
  while (from.dir.size() > 1 && from.dir.back() == '/')
    from.dir.pop_back();
  from.path = checkpoint.path.empty() ? from.dir : join_path(from.dir, checkpoint.path);
  if (from.dir == "/") from.path = cat('/', checkpoint.path);
  from.name = base_name(from.path);
  from.tag = checkpoint.tag.empty() ? from.name : checkpoint.tag;
  from.format = checkpoint.format;
  from.step = checkpoint.step;
  return from;
}

Variables resume_variables(const Resumption& from) {
  Variables variables{{"HOLDFAST_RESUME_FROM", from.path},
                      {"HOLDFAST_RESUME_FORMAT", from.format},
                      {"HOLDFAST_RESUME_DIR", from.dir},
                      {"HOLDFAST_RESUME_TAG", from.tag}};
  if (from.step) variables.emplace_back("HOLDFAST_RESUME_STEP", std::to_string(*from.step));
  if (from.format == "scr") variables.emplace_back("SCR_CURRENT", from.tag);
  return variables;
}

std::vector<std::string_view> resume_variable_names() {
  return {"HOLDFAST_RESUME_FROM",
          "HOLDFAST_RESUME_STEP",
          "HOLDFAST_RESUME_FORMAT",
          "HOLDFAST_RESUME_DIR",
          "HOLDFAST_RESUME_TAG"};
}

Result<std::vector<std::string>> split_words(std::string_view text) { return Splitter().run(text); }

Result<std::string> fill_in(std::string_view word, const Resumption& from) {
  std::string out;
  for (std::size_t at = 0; at < word.size(); ++at) {
    const char letter = word[at];
    const bool doubled = at + 1 < word.size() && word[at + 1] == letter;
    if ((letter == '{' || letter == '}') && doubled) {
      out += letter;
      ++at;
    } else if (letter == '{') {
      const auto end = word.find('}', at);
      if (end == std::string_view::npos) return unknown_placeholder(word.substr(at + 1));
      auto value = value_of(word.substr(at + 1, end - at - 1), from);
      if (!value) return value;
      out += *value;
      at = end;
    } else {
      out += letter;
    }
  }
  return out;
}

Result<std::vector<std::string>> resume_arguments(std::string_view words, const Resumption& from) {
  auto parts = split_words(words);
  if (!parts) return parts;
  for (std::string& part : *parts) {
    auto filled = fill_in(part, from);
    if (!filled) return filled.error();
    part = std::move(*filled);
  }
  return parts;
}

Result<std::vector<std::string>> read_template(std::string_view words) {
  Resumption any;
  any.step = 0;  // whether a checkpoint has one is known when it is chosen
  if (const auto filled = resume_arguments(words, any); !filled) return filled.error();
  return split_words(words);
}

std::string_view usual_arguments(std::string_view format) {
  const auto found = std::ranges::find(customs, format, &Custom::format);
  return found == customs.end() ? std::string_view() : found->words;
}

}  // namespace holdfast::checkpoint
