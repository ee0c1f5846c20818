// SPDX-License-Identifier: Apache-2.0
#include "sentinel/introduction.hpp"

#include "holdfast/common/text.hpp"
#include "sentinel/fields.hpp"
#include "sentinel/secret.hpp"

namespace holdfast::sentinel {

namespace {

namespace json = boost::json;

constexpr std::size_t shortest_challenge = 16;
constexpr std::size_t longest_name = 256;

Failure strange(std::string_view what) {
  return {FailureKind::denied, cat("the peer ", what), "it is no holdfast of this version", {}};
}

/// What both sides have: a link that is not yet believed, a challenge, and one ending.
template <class Side>
class Introduction : public std::enable_shared_from_this<Introduction<Side>> {
 public:
  Introduction(std::shared_ptr<Link> link, Prover& prover, Side side, std::string challenge)
      : link_(std::move(link)),
        prover_(prover),
        side_(std::move(side)),
        challenge_(std::move(challenge)) {}
  virtual ~Introduction() = default;
  Introduction(const Introduction&) = delete;
  Introduction& operator=(const Introduction&) = delete;

  void start() {
    const auto self = this->shared_from_this();
    link_->start([self](const json::object& message) { self->take(message); },
                 [self](const std::string& why) {
                   self->refuse({FailureKind::denied, cat("the peer left: ", why), "", {}});
                 },
                 introduction_time);
    begin();
  }

 protected:
  virtual void begin() {}
  virtual void take(const json::object& message) = 0;

  void refuse(const Failure& failure) {
    link_->close();
    if (std::exchange(over_, true)) return;
    side_.refused(failure);
  }

  // NOLINTBEGIN(cppcoreguidelines-non-private-member-variables-in-classes): two classes below
  std::shared_ptr<Link> link_;
  Prover& prover_;
  Side side_;
  std::string challenge_;
  bool over_{};
  // NOLINTEND(cppcoreguidelines-non-private-member-variables-in-classes)
};

class Host : public Introduction<HostSide> {
 public:
  using Introduction::Introduction;

 private:
  void begin() override {
    link_->send({{"kind", "hello"},
                 {"version", wire_version},
                 {"role", side_.role},
                 {"job", side_.job},
                 {"method", prover_.method().data()},
                 {"challenge", challenge_}});
  }

  void take(const json::object& message) override {
    const auto role = text_in(message, "role");
    const auto node = text_in(message, "node");
    const auto challenge = text_in(message, "challenge");
    const auto proof = text_in(message, "proof");
    if (heard_ || text_in(message, "kind") != "hello" ||
        number_in<unsigned>(message, "version") != wire_version || !role || !node || !challenge ||
        !proof || challenge->size() < shortest_challenge || node->size() > longest_name)
      return refuse(strange("does not introduce itself"));
    heard_ = true;
    hello_ = message;
    if (const auto fault = side_.admit(hello_)) return refuse(*fault);
    const auto self = std::static_pointer_cast<Host>(shared_from_this());
    prover_.check(proof_text(*role, side_.job, *node, challenge_, *challenge),
                  *proof,
                  [self, node = *node, challenge = *challenge](const auto& fault) {
                    if (!self->link_->open()) return;
                    if (fault) return self->refuse(*fault);
                    self->answer(node, challenge);
                  });
  }

  void answer(const std::string& node, const std::string& challenge) {
    const auto self = std::static_pointer_cast<Host>(shared_from_this());
    prover_.prove(proof_text(side_.role, side_.job, node, challenge, challenge_),
                  [self](const Result<std::string>& proof) {
                    if (!self->link_->open()) return;
                    if (!proof) return self->refuse(proof.error());
                    json::object welcome = self->side_.welcome(self->hello_);
                    welcome["kind"] = "welcome";
                    welcome["proof"] = *proof;
                    self->link_->send(welcome);
                    self->over_ = true;
                    self->side_.met(self->link_, self->hello_);
                  });
  }

  bool heard_{};
  json::object hello_;
};

class Guest : public Introduction<GuestSide> {
 public:
  using Introduction::Introduction;

 private:
  void take(const json::object& message) override {
    const auto kind = text_in(message, "kind");
    if (kind == "hello" && host_challenge_.empty()) return answer(message);
    const auto proof = text_in(message, "proof");
    if (kind != "welcome" || !proof || !sent_ || welcomed_)
      return refuse(strange("does not introduce itself"));
    welcomed_ = true;
    link_->hold();  // the host may have more to say already
    const auto self = std::static_pointer_cast<Guest>(shared_from_this());
    prover_.check(proof_text(side_.host_role, side_.job, side_.node, challenge_, host_challenge_),
                  *proof,
                  [self, welcome = message](const auto& fault) {
                    if (!self->link_->open()) return;
                    if (fault) return self->refuse(*fault);
                    self->over_ = true;
                    self->side_.met(self->link_, welcome);
                  });
  }

  void answer(const json::object& hello) {
    const auto challenge = text_in(hello, "challenge");
    if (number_in<unsigned>(hello, "version") != wire_version || !challenge ||
        challenge->size() < shortest_challenge)
      return refuse(strange("does not introduce itself"));
    if (text_in(hello, "role") != side_.host_role) return refuse(strange("plays another part"));
    if (text_in(hello, "job") != side_.job) return refuse(strange("belongs to another job"));
    // Not negotiated: whoever could choose the method would choose the weaker one.
    if (text_in(hello, "method") != prover_.method())
      return refuse(strange("proves itself in another way (munge or token)"));
    host_challenge_ = *challenge;
    const auto self = std::static_pointer_cast<Guest>(shared_from_this());
    prover_.prove(proof_text(side_.role, side_.job, side_.node, host_challenge_, challenge_),
                  [self](const Result<std::string>& proof) {
                    if (!self->link_->open()) return;
                    if (!proof) return self->refuse(proof.error());
                    json::object answer = self->side_.extras;
                    answer["kind"] = "hello";
                    answer["version"] = wire_version;
                    answer["role"] = self->side_.role;
                    answer["node"] = self->side_.node;
                    answer["challenge"] = self->challenge_;
                    answer["proof"] = *proof;
                    self->sent_ = true;
                    self->link_->send(answer);
                  });
  }

  std::string host_challenge_;
  bool sent_{};
  bool welcomed_{};
};

template <class Part, class Side>
void begin(const std::shared_ptr<Link>& link, Prover& prover, Side side) {
  auto challenge = read_random();
  if (!challenge) {
    link->close();
    return side.refused(challenge.error());
  }
  std::make_shared<Part>(link, prover, std::move(side), std::move(*challenge))->start();
}

}  // namespace

void receive_guest(const std::shared_ptr<Link>& link, Prover& prover, HostSide side) {
  begin<Host>(link, prover, std::move(side));
}

void introduce_to_host(const std::shared_ptr<Link>& link, Prover& prover, GuestSide side) {
  begin<Guest>(link, prover, std::move(side));
}

}  // namespace holdfast::sentinel
