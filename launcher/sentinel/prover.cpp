// SPDX-License-Identifier: Apache-2.0
#include "sentinel/prover.hpp"

#include "sentinel/munge.hpp"
#include "sentinel/secret.hpp"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

namespace holdfast::sentinel {

namespace {

namespace asio = boost::asio;

class TokenProver : public Prover {
 public:
  TokenProver(asio::io_context& context, std::string token)
      : context_(context), token_(std::move(token)) {}

  [[nodiscard]] std::string_view method() const override { return "token"; }

  void prove(std::string text, Proved done) override {
    asio::post(context_,
               [proof = hmac_sha256(token_, text), done = std::move(done)] { done(proof); });
  }

  void check(std::string text, std::string proof, Checked done) override {
    std::optional<Failure> fault;
    if (!same_secret(proof, hmac_sha256(token_, text)))
      fault = Failure{FailureKind::denied, "the peer does not know the token", "", {}};
    asio::post(context_, [fault = std::move(fault), done = std::move(done)] { done(fault); });
  }

 private:
  asio::io_context& context_;
  std::string token_;
};

class MungeProver : public Prover {
 public:
  explicit MungeProver(asio::io_context& context) : context_(context) {}
  ~MungeProver() override {
    thread_.stop();
    thread_.join();
  }
  MungeProver(const MungeProver&) = delete;
  MungeProver& operator=(const MungeProver&) = delete;

  [[nodiscard]] std::string_view method() const override { return "munge"; }

  void prove(std::string text, Proved done) override {
    asio::post(thread_, [this, text = std::move(text), done = std::move(done)]() mutable {
      asio::post(context_,
                 [proof = ask_munge_to_sign(text), done = std::move(done)] { done(proof); });
    });
  }

  void check(std::string text, std::string proof, Checked done) override {
    asio::post(
        thread_,
        [this, text = std::move(text), proof = std::move(proof), done = std::move(done)]() mutable {
          const auto who = ask_munge_who_signed(proof);
          std::optional<Failure> fault =
              who ? fault_of(*who, ::getuid(), text) : std::optional<Failure>(who.error());
          asio::post(context_, [fault = std::move(fault), done = std::move(done)] { done(fault); });
        });
  }

 private:
  asio::io_context& context_;
  asio::thread_pool thread_{1};
};

}  // namespace

std::unique_ptr<Prover> make_prover(asio::io_context& context,
                                    const std::optional<std::string>& token) {
  if (token) return std::make_unique<TokenProver>(context, *token);
  return std::make_unique<MungeProver>(context);
}

}  // namespace holdfast::sentinel
