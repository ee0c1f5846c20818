// SPDX-License-Identifier: Apache-2.0
// Python pickles read as data. A pickle is a program; this runs it on symbols: it never imports,
// never calls, never makes anything but nodes of the kinds below. What a class or function would
// have made is an `object` that says which symbol it was made by and from what.
#pragma once

#include "checkpoint/bytes.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace holdfast::checkpoint {

class Pickle;

/// Small values stand in it, larger ones are nodes of the Pickle it came from.
struct Value {
  enum class Kind : std::uint8_t {
    none,
    truth,
    integer,
    real,
    text,
    bytes,
    symbol,      ///< a class or function by name
    object,      ///< what a symbol was asked to make
    persistent,  ///< a reference outward: torch's storages
    list,
    tuple,
    dict,
    set,
    opaque,  ///< understood well enough to skip: huge integers, extension codes
    handle,  ///< what a watcher answered, in place of an object's state
  };
  Kind kind{Kind::none};
  std::uint32_t length{};  ///< of text and bytes
  std::uint64_t number{};  ///< truth, integer; offset of text and bytes; index of a node
};

struct PickleLimits {
  std::uint64_t memory{std::uint64_t{1} << 30};  ///< of nodes, stack and memo together
};

/// Sees things as they are built, so that a caller need not keep millions of them.
class PickleWatcher {
 public:
  PickleWatcher() = default;
  PickleWatcher(const PickleWatcher&) = delete;
  PickleWatcher& operator=(const PickleWatcher&) = delete;
  virtual ~PickleWatcher() = default;

  /// An object of this class got its state (a dict, as a rule). An answer replaces the contents,
  /// which are then freed: handle() gives it back later.
  virtual std::optional<std::uint64_t> built(const Pickle& pickle,
                                             std::string_view class_name,
                                             Value state) = 0;
  /// A persistent id was met.
  virtual void referred(const Pickle& pickle, Value id) = 0;
};

class Pickle {
 public:
  /// Runs one pickle from `start` of `input` on, which must outlive the result. bad_input: it does
  /// not come to its end; unsupported: it uses what this machine does not know, or too much memory.
  [[nodiscard]] static Result<Pickle> read(Bytes input,
                                           std::size_t start = 0,
                                           PickleWatcher* watcher = nullptr,
                                           const PickleLimits& limits = {});

  [[nodiscard]] Value root() const { return root_; }
  [[nodiscard]] std::size_t end() const { return end_; }  ///< of the pickle in the input

  [[nodiscard]] std::optional<std::string_view> text(Value value) const;
  [[nodiscard]] static std::optional<std::int64_t> integer(Value value);
  /// An integer that is not negative.
  [[nodiscard]] static std::optional<std::uint64_t> natural(Value value);

  /// Of a list, tuple or set its items; of a dict keys and values in turn; of an object that was
  /// filled like one of these the same.
  [[nodiscard]] std::span<const Value> items(Value value) const;
  /// The value under a text key of a dict, or of an object filled like one.
  [[nodiscard]] std::optional<Value> get(Value mapping, std::string_view key) const;
  /// An attribute from the state an object was given.
  [[nodiscard]] std::optional<Value> attribute(Value object, std::string_view name) const;
  /// The bare class of an object, or the bare name of a symbol: "MetadataIndex".
  [[nodiscard]] std::string_view name(Value value) const;
  /// What the class or function was called with: a tuple, as a rule.
  [[nodiscard]] Value arguments(Value object) const;
  /// What a watcher answered when this object was built.
  [[nodiscard]] std::optional<std::uint64_t> handle(Value object) const;

 private:
  friend class PickleMachine;
  using Node = std::vector<Value>;

  // The first items of an object node; its contents follow.
  static constexpr std::size_t callee_at = 0;
  static constexpr std::size_t arguments_at = 1;
  static constexpr std::size_t state_at = 2;
  static constexpr std::size_t contents_at = 3;

  explicit Pickle(Bytes input) : input_(input) {}
  [[nodiscard]] const Node* node(Value value) const;

  Bytes input_;
  std::vector<Node> nodes_;
  Value root_;
  std::size_t end_{};
};

}  // namespace holdfast::checkpoint
