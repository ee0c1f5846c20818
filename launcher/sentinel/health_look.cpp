// SPDX-License-Identifier: Apache-2.0
#include "sentinel/health_look.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/process/ask.hpp"
#include "sentinel/boot_clock.hpp"
#include "sentinel/fields.hpp"

#include <random>
#include <utility>

#include <boost/json/parse.hpp>

namespace holdfast::sentinel {

namespace {

namespace json = boost::json;

constexpr std::size_t most_findings = 200;
constexpr std::size_t longest_text = 400;

const json::array* array_in(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
  return value == nullptr ? nullptr : value->if_array();
}

std::optional<HealthAnswer::Finding> finding_of(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return std::nullopt;
  const std::string severity = text_in(*object, "severity").value_or("");
  if (severity != "fatal" && severity != "unfit") return std::nullopt;
  HealthAnswer::Finding finding;
  finding.fatal = severity == "fatal";
  finding.key =
      cat(text_in(*object, "check").value_or(""), ' ', text_in(*object, "subject").value_or(""));
  finding.text =
      cat(finding.key, ": ", text_in(*object, "what").value_or("")).substr(0, longest_text);
  return finding;
}

void take_gpus(const json::array& gpus, HealthAnswer& answer) {
  std::uint64_t sum = 0;
  std::uint64_t seen = 0;
  for (const json::value& value : gpus) {
    const auto* gpu = value.if_object();
    if (gpu == nullptr) continue;
    if (auto at = text_in(*gpu, "at")) answer.gpus.push_back(std::move(*at));
    const auto busy = number_in<std::uint64_t>(*gpu, "memory_busy_percent");
    if (!busy || *busy > 100) continue;
    sum += *busy;
    ++seen;
  }
  if (seen > 0) answer.gpu_memory_busy = sum / seen;
}

}  // namespace

std::optional<HealthAnswer> parse_health_answer(std::string_view text) {
  json::error_code error;
  const json::value parsed = json::parse(json::string_view(text.data(), text.size()), error);
  const auto* object = error ? nullptr : parsed.if_object();
  const auto* findings = object == nullptr ? nullptr : array_in(*object, "findings");
  if (findings == nullptr) return std::nullopt;
  HealthAnswer answer;
  for (const json::value& value : *findings) {
    auto finding = finding_of(value);
    if (finding && answer.findings.size() < most_findings)
      answer.findings.push_back(std::move(*finding));
  }
  if (const auto* gpus = array_in(*object, "gpus")) take_gpus(*gpus, answer);
  return answer;
}

HealthLook::HealthLook(boost::asio::io_context& context,
                       Settings settings,
                       std::function<void(NodeSign)> told)
    : context_(context), settings_(std::move(settings)), told_(std::move(told)), timer_(context) {}

void HealthLook::start() {
  if (settings_.command.empty() || settings_.every <= std::chrono::milliseconds(0)) return;
  look([] {});
  look_again();
}

void HealthLook::close() {
  closed_ = true;
  timer_.cancel();
  waiting_.clear();
}

void HealthLook::look_again() {
  std::random_device chance;
  std::uniform_real_distribution<double> around(0.75, 1.25);
  timer_.expires_after(
      std::chrono::duration_cast<std::chrono::milliseconds>(settings_.every * around(chance)));
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto self = weak.lock();
    if (error || !self || self->closed_) return;
    self->look([] {});
    self->look_again();
  });
}

void HealthLook::look(std::function<void()> done) {
  if (settings_.command.empty()) return done();
  waiting_.push_back(std::move(done));
  if (std::exchange(looking_, true)) return;
  process::ask(context_,
               {settings_.command, {}, {}, false, false},
               settings_.deadline,
               [weak = weak_from_this()](const Result<process::Answer>& got) {
                 const auto self = weak.lock();
                 if (!self || self->closed_) return;
                 // No answer is no sign: a busy node is slow too.
                 if (got)
                   if (const auto answer = parse_health_answer(got->output)) self->take(*answer);
                 self->over();
               });
}

void HealthLook::over() {
  looking_ = false;
  for (const auto& done : std::exchange(waiting_, {}))
    done();
}

void HealthLook::take(const HealthAnswer& answer) {
  const bool first = std::exchange(first_, false);
  if (!answer.gpus.empty()) gpus_ = answer.gpus;
  if (answer.gpu_memory_busy) {
    ++gpu_looks_;
    gpu_memory_busy_ += *answer.gpu_memory_busy;
  }
  for (const HealthAnswer::Finding& finding : answer.findings) {
    if (!known_.insert(finding.key).second || (first && !finding.fatal)) continue;
    told_({.kind = finding.fatal ? NodeSign::Kind::broken : NodeSign::Kind::unfit,
           .at_ms = read_wall_clock(),
           .text = finding.text});
  }
}

}  // namespace holdfast::sentinel
