// SPDX-License-Identifier: Apache-2.0
#include "holdfast/sentinel/control.hpp"

#include "holdfast/common/text.hpp"
#include "sentinel/dial.hpp"
#include "sentinel/fields.hpp"
#include "sentinel/files.hpp"
#include "sentinel/introduction.hpp"

namespace holdfast::sentinel {

namespace {

namespace json = boost::json;

constexpr std::size_t most_announcement = 65536;

/// One question, one answer, one ending.
struct Question {
  boost::asio::io_context context;
  std::unique_ptr<Prover> prover;
  std::string job;
  std::string text;
  std::optional<Result<std::string>> answer;
  std::shared_ptr<Link> link;

  void end(Result<std::string> how) {
    if (!answer) answer = std::move(how);
    context.stop();
  }

  void ask(const std::shared_ptr<Link>& dialled) {
    if (!dialled)
      return end(Failure{FailureKind::not_found,
                         "the supervisor's port does not answer",
                         "see whether the job runs: holdfast status",
                         {}});
    link = dialled;
    introduce_to_host(link,
                      *prover,
                      {.role = "control",
                       .job = job,
                       .node = "",
                       .host_role = "supervisor",
                       .extras = {},
                       .met =
                           [this](const std::shared_ptr<Link>& met, const json::object&) {
                             met->trust(
                                 [this](const json::object& said) {
                                   if (auto reply = text_in(said, "text")) end(std::move(*reply));
                                 },
                                 [this](const std::string& why) {
                                   end(Failure{FailureKind::timed_out,
                                               cat("the supervisor ended the talk: ", why),
                                               "",
                                               {}});
                                 });
                             met->send({{"kind", "request"}, {"text", text}});
                           },
                       .refused = [this](const Failure& failure) { end(failure); }});
  }
};

}  // namespace

Result<std::string> ask_supervisor(const std::string& state,
                                   const std::string& job,
                                   const std::optional<std::string>& token,
                                   const std::string& request,
                                   std::chrono::milliseconds patience) {
  const auto text = read_small_file(announcement_file(state), most_announcement);
  if (!text) return text.error();
  const auto announcement = parse_announcement(*text);
  if (!announcement)
    return Failure{
        FailureKind::unreadable, cat(announcement_file(state), " makes no sense"), "", {}};
  Question question;
  question.prover = make_prover(question.context, token);
  question.job = job;
  question.text = request;
  dial(question.context, announcement->endpoint, patience, [&](const auto& link) {
    question.ask(link);
  });
  question.context.run_for(patience);
  if (question.link) question.link->close();
  // The link's last words are said by handlers that own it.
  question.context.restart();
  question.context.poll();
  if (question.answer) return *question.answer;
  return Failure{FailureKind::timed_out,
                 cat("the supervisor has not answered within ", patience.count(), " ms"),
                 "",
                 {}};
}

}  // namespace holdfast::sentinel
