// SPDX-License-Identifier: Apache-2.0
#include "holdfast/sentinel/roster.hpp"

#include "holdfast/common/text.hpp"
#include "sentinel/roster_impl.hpp"

namespace holdfast::sentinel {

namespace {

std::optional<Failure> fault_in(const RosterSettings& settings) {
  const auto bad = [](std::string what) {
    return Failure{FailureKind::bad_input, std::move(what), "", {}};
  };
  if (settings.job.empty()) return bad("the sentinels' job has no id");
  if (settings.nodes.empty()) return bad("the sentinels' job has no nodes");
  if (settings.beat.count() <= 0) return bad("a beat takes no time");
  // A lease that outlives the timeout would let a lost node's ranks meet their successors.
  if (settings.lease >= settings.node_timeout || settings.lease < 3 * settings.beat)
    return bad(cat("a lease of ",
                   settings.lease.count(),
                   " ms is not between three beats (",
                   3 * settings.beat.count(),
                   " ms) and the node timeout (",
                   settings.node_timeout.count(),
                   " ms)"));
  return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<Roster>> Roster::listen(boost::asio::io_context& context,
                                               RosterSettings settings,
                                               Listener& listener) {
  if (auto fault = fault_in(settings)) return *fault;
  auto impl = std::make_shared<Impl>(context, std::move(settings), listener);
  if (auto failure = impl->open()) return *failure;
  impl->start();
  return std::unique_ptr<Roster>(new Roster(std::move(impl)));
}

Roster::Roster(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Roster::~Roster() { impl_->close(); }

const Endpoint& Roster::endpoint() const { return impl_->endpoint(); }

std::optional<Failure> Roster::write_announcement() const {
  return write_in_place(announcement_file(impl_->settings().state),
                        announcement_text({impl_->settings().epoch, impl_->endpoint()}));
}

std::vector<std::string> Roster::living() const {
  std::vector<std::string> names;
  names.reserve(impl_->nodes().size());
  for (const auto& node : impl_->nodes())
    if (node->state == RosterNode::State::living) names.push_back(node->name);
  return names;
}

bool Roster::lives(std::string_view node) const {
  const RosterNode* found = impl_->find(node);
  return found != nullptr && found->state == RosterNode::State::living;
}

void Roster::watch(unsigned attempt) { impl_->watch(attempt); }

void Roster::tear_down(std::span<const std::string> nodes,
                       unsigned attempt,
                       std::chrono::milliseconds grace) {
  impl_->end_attempts(attempt);
  for (const std::string& node : nodes)
    impl_->tell(node, {{"kind", "tear_down"}, {"attempt", attempt}, {"grace_ms", grace.count()}});
}

void Roster::signal(std::span<const std::string> nodes, unsigned attempt, int signal_number) {
  for (const std::string& node : nodes)
    impl_->tell(node, {{"kind", "signal"}, {"attempt", attempt}, {"signal", signal_number}});
}

void Roster::look_at(const std::string& node, std::int64_t since_ms) {
  impl_->tell(node, {{"kind", "look"}, {"since_ms", since_ms}});
}

void Roster::ask_port(const std::string& node, const std::string& host, std::uint16_t port) {
  impl_->tell(node, {{"kind", "ask_port"}, {"host", host}, {"port", port}});
}

std::vector<std::string> Roster::expect_again() { return impl_->expect_again(); }
void Roster::give_up(const std::string& node) { impl_->give_up(node); }
bool Roster::all_hear_us() const { return impl_->all_hear_us(); }
void Roster::set_members(std::vector<std::string> nodes) { impl_->set_members(std::move(nodes)); }
void Roster::controller_answered() { impl_->controller_answered(); }

std::optional<std::chrono::steady_clock::time_point> Roster::last_acknowledged(
    std::string_view node) const {
  const RosterNode* found = impl_->find(node);
  return found == nullptr ? std::nullopt : found->acknowledged;
}

std::chrono::steady_clock::time_point Roster::fenced_at(std::string_view node) const {
  return impl_->fenced_at(node);
}

void Roster::goodbye(std::function<void()> done) { impl_->goodbye(std::move(done)); }

}  // namespace holdfast::sentinel
