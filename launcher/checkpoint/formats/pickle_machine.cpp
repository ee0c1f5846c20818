// SPDX-License-Identifier: Apache-2.0
// The frame of the machine: input, stack, memo, and the loop. The instructions are next door.
#include "checkpoint/formats/pickle_machine.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::checkpoint {

PickleMachine::PickleMachine(Bytes input,
                             std::size_t start,
                             PickleWatcher* watcher,
                             const PickleLimits& limits)
    : pickle_(input), watcher_(watcher), limits_(limits), at_(start), start_(start) {}

Result<Pickle> PickleMachine::run() {
  static const Table table = make_table();
  while (!stopped_ && !failure_) {
    const Bytes code = take(1);
    if (code.empty()) break;
    const auto number = std::to_integer<unsigned>(code.front());
    const Step step = table[number];
    if (step == nullptr)
      refuse(cat("uses the pickle instruction ", number, ", which is not known here"));
    else
      (this->*step)();
    if (memory_ + stack_.size() * sizeof(Value) + marks_.size() * sizeof(std::size_t) >
        limits_.memory)
      refuse(cat("needs more than ", limits_.memory >> 20, " MiB to be read as a pickle"));
  }
  if (failure_) return *failure_;
  pickle_.end_ = at_;
  return std::move(pickle_);
}

Bytes PickleMachine::take(std::uint64_t length) {
  if (length > pickle_.input_.size() - at_) {
    fail(cat("is a pickle that ends in the middle, at byte ", pickle_.input_.size() - start_));
    return {};
  }
  const Bytes bytes = pickle_.input_.subspan(at_, static_cast<std::size_t>(length));
  at_ += bytes.size();
  return bytes;
}

Bytes PickleMachine::take_line() {
  const Bytes rest = pickle_.input_.subspan(at_);
  const auto end = std::ranges::find(rest, std::byte{'\n'});
  const auto length = static_cast<std::size_t>(end - rest.begin());
  const Bytes line = take(length);
  take(1);
  return failure_ ? Bytes() : line;
}

void PickleMachine::fail(std::string what) {
  if (!failure_) failure_ = torn(std::move(what));
}

void PickleMachine::refuse(std::string what) {
  if (!failure_) failure_ = unsupported(std::move(what));
}

void PickleMachine::push(Value value) { stack_.push_back(value); }

void PickleMachine::push_slice(Kind kind, Bytes bytes) {
  if (failure_) return;
  if (bytes.size() > UINT32_MAX) return refuse("holds a text of more than 4 GiB");
  const auto offset = static_cast<std::uint64_t>(bytes.data() - pickle_.input_.data());
  push({kind, static_cast<std::uint32_t>(bytes.size()), bytes.empty() ? 0 : offset});
}

void PickleMachine::push_node(Kind kind, Pickle::Node node) {
  memory_ += sizeof(Pickle::Node) + node.size() * sizeof(Value);
  push({kind, 0, pickle_.nodes_.size()});
  pickle_.nodes_.push_back(std::move(node));
}

Value PickleMachine::pop() {
  // What lies below the last mark is not for instructions that know of no mark.
  if (stack_.empty() || (!marks_.empty() && stack_.size() <= marks_.back())) {
    fail("is a pickle that takes more than it has");
    return {};
  }
  const Value value = stack_.back();
  stack_.pop_back();
  return value;
}

Pickle::Node PickleMachine::pop_to_mark() {
  if (marks_.empty()) {
    fail("is a pickle that lacks a mark");
    return {};
  }
  const auto mark = static_cast<std::ptrdiff_t>(marks_.back());
  marks_.pop_back();
  Pickle::Node values(stack_.begin() + mark, stack_.end());
  stack_.resize(static_cast<std::size_t>(mark));
  return values;
}

/// The container on top of the stack, which appending instructions leave there.
Pickle::Node* PickleMachine::top_node() {
  if (failure_) return nullptr;
  const bool below_mark = !marks_.empty() && stack_.size() <= marks_.back();
  if (stack_.empty() || below_mark) {
    fail("is a pickle that fills nothing");
    return nullptr;
  }
  const Value top = stack_.back();
  const bool fillable = top.kind == Kind::object || top.kind == Kind::list ||
                        top.kind == Kind::dict || top.kind == Kind::set;
  if (!fillable) {
    fail("is a pickle that fills what is no container");
    return nullptr;
  }
  return &pickle_.nodes_[static_cast<std::size_t>(top.number)];
}

void PickleMachine::append(Pickle::Node& node, std::span<const Value> values) {
  node.insert(node.end(), values.begin(), values.end());
  memory_ += values.size_bytes();
}

void PickleMachine::remember(std::uint64_t index) {
  if (failure_) return;
  if (stack_.empty()) return fail("is a pickle that remembers nothing");
  constexpr std::uint64_t stride = 4096;  // picklers count up; whoever does not pays more
  if (index < memo_.size() + stride) {
    if (index >= memo_.size()) {
      memory_ += (index + 1 - memo_.size()) * sizeof(Value);
      memo_.resize(static_cast<std::size_t>(index) + 1);
    }
    memo_[static_cast<std::size_t>(index)] = stack_.back();
  } else {
    memory_ += 4 * sizeof(Value);
    far_memo_[index] = stack_.back();
  }
}

void PickleMachine::recall(std::uint64_t index) {
  if (failure_) return;
  if (index < memo_.size()) return push(memo_[static_cast<std::size_t>(index)]);
  const auto found = far_memo_.find(index);
  if (found == far_memo_.end()) return fail("is a pickle that recalls what it never remembered");
  push(found->second);
}

void PickleMachine::push_signed(Bytes bytes) {
  if (failure_) return;
  if (bytes.size() > 8) return push({Kind::opaque, 0, 0});
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    number = (number << 8) | std::to_integer<std::uint64_t>(bytes[i]);
  const bool negative = !bytes.empty() && (bytes.back() & std::byte{0x80}) != std::byte{};
  if (negative && bytes.size() < 8) number |= ~std::uint64_t{} << (8 * bytes.size());
  push({Kind::integer, 0, number});
}

void PickleMachine::make_object(Value callee, Value arguments) {
  if (!failure_) push_node(Kind::object, {callee, arguments, Value()});
}

void PickleMachine::make_tuple(std::size_t size) {
  Pickle::Node values(size);
  while (size-- > 0)
    values[size] = pop();
  if (!failure_) push_node(Kind::tuple, std::move(values));
}

Result<Pickle> Pickle::read(Bytes input,
                            std::size_t start,
                            PickleWatcher* watcher,
                            const PickleLimits& limits) {
  return PickleMachine(input, start, watcher, limits).run();
}

}  // namespace holdfast::checkpoint
