// SPDX-License-Identifier: Apache-2.0
#include "holdfast/process/ask.hpp"

#include "holdfast/common/text.hpp"

#include <csignal>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace holdfast::process {

namespace {

/// Lives until it has told: the timer and the child's ears hold it.
struct Question : std::enable_shared_from_this<Question> {
  Question(boost::asio::io_context& io, std::function<void(Result<Answer>)> ear)
      : timer(io), told(std::move(ear)) {}

  void tell(Result<Answer> result) {
    if (!told) return;
    const auto ear = std::exchange(told, nullptr);
    timer.cancel();
    if (child)
      boost::asio::post(timer.get_executor(), [self = shared_from_this()] { self->child.reset(); });
    ear(std::move(result));
  }

  static void add(std::string& to, std::string_view chunk) {
    to += chunk.substr(0, max_answer - to.size());
  }

  boost::asio::steady_timer timer;
  std::function<void(Result<Answer>)> told;
  std::unique_ptr<Child> child;
  Answer answer;
};

}  // namespace

void ask(boost::asio::io_context& io,
         const Command& command,
         std::chrono::milliseconds deadline,
         std::function<void(Result<Answer>)> told) {
  auto question = std::make_shared<Question>(io, std::move(told));
  Child::Ears ears;
  ears.output = [question](std::string_view chunk) {
    Question::add(question->answer.output, chunk);
  };
  ears.errors = [question](std::string_view chunk) {
    Question::add(question->answer.errors, chunk);
  };
  ears.ended = [question](End end) {
    question->answer.end = end;
    question->tell(std::move(question->answer));
  };
  auto child = Child::start(io, command, std::move(ears));
  if (!child) {
    boost::asio::post(
        io, [question, failure = child.error()]() mutable { question->tell(std::move(failure)); });
    return;
  }
  question->child = std::move(*child);
  question->timer.expires_after(deadline);
  question->timer.async_wait(
      [question, name = command.words.front(), deadline](boost::system::error_code error) {
        if (error || !question->child) return;
        question->child->signal_group(SIGKILL);
        question->tell(Failure{FailureKind::timed_out,
                               cat(name, " gave no answer within ", deadline.count(), " ms"),
                               "",
                               {}});
      });
}

Result<Answer> ask_and_wait(const Command& command, std::chrono::milliseconds deadline) {
  boost::asio::io_context io;
  Result<Answer> got = Failure{FailureKind::timed_out, "no answer came", "", {}};
  ask(io, command, deadline, [&](Result<Answer> answer) { got = std::move(answer); });
  io.run();
  return got;
}

}  // namespace holdfast::process
