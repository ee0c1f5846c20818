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

/// A release that does not say it knows no other than done.
Outcome outcome_in(const json::object& said) {
  switch (number_in<unsigned>(said, "outcome").value_or(0)) {
    case 1:
      return Outcome::not_now;
    case 2:
      return Outcome::wrong;
    default:
      return Outcome::done;
  }
}

/// One question, one answer, one ending.
struct Question {
  boost::asio::io_context context;
  std::unique_ptr<Prover> prover;
  std::string job;
  std::string text;
  std::optional<Result<ControlAnswer>> answer;
  std::shared_ptr<Link> link;

  void end(Result<ControlAnswer> how) {
    if (!answer) answer = std::move(how);
    context.stop();
  }

  void ask(const std::shared_ptr<Link>& dialled) {
    if (!dialled)
      return end(Failure{FailureKind::timed_out,
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
                                   if (auto reply = text_in(said, "text"))
                                     end(ControlAnswer{std::move(*reply), outcome_in(said)});
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

Result<ControlAnswer> ask_supervisor(const std::string& state,
                                     const std::string& job,
                                     const std::optional<std::string>& token,
                                     const std::string& request,
                                     std::chrono::milliseconds patience) {
  const auto text = read_small_file(announcement_file(state), most_announcement);
  if (!text && text.error().kind == FailureKind::not_found)
    return Failure{FailureKind::not_found,
                   cat("no run of job ", job, " is known in ", state),
                   "holdfast status shows which runs there are; --state names another directory",
                   {}};
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
