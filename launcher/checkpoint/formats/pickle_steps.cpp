// SPDX-License-Identifier: Apache-2.0
// The instructions of the pickle machine, protocols 0 to 5. Out-of-band buffers (protocol 5) are
// not among them: no checkpoint has any, and a reader that does not know them says `unknown`.
#include "checkpoint/formats/pickle_machine.hpp"
#include "holdfast/common/text.hpp"

#include <bit>

namespace holdfast::checkpoint {

template <class Number>
std::uint64_t PickleMachine::take_number() {
  const Bytes bytes = take(sizeof(Number));
  return bytes.empty() ? 0 : little<Number>(bytes);
}

void PickleMachine::op_proto() {
  const auto version = take_number<std::uint8_t>();
  if (version > 5) refuse(cat("is a pickle of protocol ", version, ", which is not known here"));
}
void PickleMachine::op_frame() { take(8); }  // only a hint for readers with a buffer
void PickleMachine::op_mark() { marks_.push_back(stack_.size()); }
void PickleMachine::op_stop() {
  pickle_.root_ = pop();
  stopped_ = !failure_;
}
void PickleMachine::op_pop() {
  if (!marks_.empty() && marks_.back() == stack_.size())
    marks_.pop_back();  // as Python has it: POP on a fresh mark takes the mark
  else
    pop();
}
void PickleMachine::op_pop_mark() { pop_to_mark(); }
void PickleMachine::op_dup() {
  const Value top = pop();
  if (failure_) return;
  push(top);
  push(top);
}

void PickleMachine::op_none() { push({Kind::none, 0, 0}); }
void PickleMachine::op_true() { push({Kind::truth, 0, 1}); }
void PickleMachine::op_false() { push({Kind::truth, 0, 0}); }

void PickleMachine::op_int_text() {
  std::string_view line = as_text(take_line());
  if (failure_) return;
  if (line == "00" || line == "01") return push({Kind::truth, 0, line == "01" ? 1U : 0U});
  const bool negative = line.starts_with('-');
  if (line.ends_with('L')) line.remove_suffix(1);
  const auto number = parse_number<std::uint64_t>(line.substr(negative ? 1 : 0));
  if (!number || *number > static_cast<std::uint64_t>(INT64_MAX)) return push({Kind::opaque, 0, 0});
  push({Kind::integer, 0, negative ? ~*number + 1 : *number});
}
void PickleMachine::op_long_text() { op_int_text(); }
void PickleMachine::op_int4() { push_signed(take(4)); }
void PickleMachine::op_int1() { push({Kind::integer, 0, take_number<std::uint8_t>()}); }
void PickleMachine::op_int2() { push({Kind::integer, 0, take_number<std::uint16_t>()}); }
void PickleMachine::op_long1() { push_signed(take(take_number<std::uint8_t>())); }
void PickleMachine::op_long4() { push_signed(take(take_number<std::uint32_t>())); }
void PickleMachine::op_float_text() {
  take_line();
  push({Kind::real, 0, 0});
}
void PickleMachine::op_float() {
  const Bytes bytes = take(8);
  if (!failure_) push({Kind::real, 0, big<std::uint64_t>(bytes)});
}

void PickleMachine::op_text_line() { push_slice(Kind::text, take_line()); }
void PickleMachine::op_text1() { push_slice(Kind::text, take(take_number<std::uint8_t>())); }
void PickleMachine::op_text4() { push_slice(Kind::text, take(take_number<std::uint32_t>())); }
void PickleMachine::op_text8() { push_slice(Kind::text, take(take_number<std::uint64_t>())); }
void PickleMachine::op_string_line() {
  Bytes line = take_line();
  if (line.size() >= 2)
    line = line.subspan(1, line.size() - 2);  // quotes; escapes stay as they are
  push_slice(Kind::text, line);
}
void PickleMachine::op_string1() { op_text1(); }
void PickleMachine::op_string4() { op_text4(); }
void PickleMachine::op_bytes1() { push_slice(Kind::bytes, take(take_number<std::uint8_t>())); }
void PickleMachine::op_bytes4() { push_slice(Kind::bytes, take(take_number<std::uint32_t>())); }
void PickleMachine::op_bytes8() { push_slice(Kind::bytes, take(take_number<std::uint64_t>())); }

void PickleMachine::op_empty_list() { push_node(Kind::list, {}); }
void PickleMachine::op_empty_tuple() { push_node(Kind::tuple, {}); }
void PickleMachine::op_empty_dict() { push_node(Kind::dict, {}); }
void PickleMachine::op_empty_set() { push_node(Kind::set, {}); }
void PickleMachine::op_list() { push_node(Kind::list, pop_to_mark()); }
void PickleMachine::op_tuple() { push_node(Kind::tuple, pop_to_mark()); }
void PickleMachine::op_tuple1() { make_tuple(1); }
void PickleMachine::op_tuple2() { make_tuple(2); }
void PickleMachine::op_tuple3() { make_tuple(3); }
void PickleMachine::op_dict() { push_node(Kind::dict, pop_to_mark()); }
void PickleMachine::op_frozen_set() { push_node(Kind::set, pop_to_mark()); }

void PickleMachine::op_append() {
  const Value value = pop();
  if (Pickle::Node* node = top_node()) append(*node, {&value, 1});
}
void PickleMachine::op_appends() {
  const Pickle::Node values = pop_to_mark();
  if (Pickle::Node* node = top_node()) append(*node, values);
}
void PickleMachine::op_set_item() {
  const Value value = pop();
  const Value key = pop();
  const std::array pair{key, value};
  if (Pickle::Node* node = top_node()) append(*node, pair);
}
void PickleMachine::op_set_items() { op_appends(); }

void PickleMachine::op_global() {
  const Bytes module = take_line();
  const Bytes name = take_line();
  push_slice(Kind::text, module);
  push_slice(Kind::text, name);
  op_stack_global();
}
void PickleMachine::op_stack_global() {
  const Value name = pop();
  const Value module = pop();
  if (failure_) return;
  if (name.kind != Kind::text || module.kind != Kind::text)
    return fail("is a pickle that names a class by something else than text");
  push_node(Kind::symbol, {module, name});
}
void PickleMachine::op_reduce() {
  const Value arguments = pop();
  make_object(pop(), arguments);
}
void PickleMachine::op_new_object_ex() {
  pop();  // keyword arguments
  op_reduce();
}
void PickleMachine::op_inst() {
  op_global();
  const Value callee = failure_ ? Value() : pop();
  push_node(Kind::tuple, pop_to_mark());
  if (!failure_) make_object(callee, pop());
}
void PickleMachine::op_obj() {
  Pickle::Node values = pop_to_mark();
  if (values.empty()) return fail("is a pickle that makes an object of no class");
  const Value callee = values.front();
  values.erase(values.begin());
  push_node(Kind::tuple, std::move(values));
  make_object(callee, pop());
}

void PickleMachine::op_build() {
  const Value state = pop();
  const Value object = pop();
  if (failure_) return;
  push(object);
  if (object.kind != Kind::object) return;
  auto& nodes = pickle_.nodes_;
  Value& kept = nodes[static_cast<std::size_t>(object.number)][Pickle::state_at];
  kept = state;
  if (watcher_ == nullptr) return;
  const auto handle = watcher_->built(pickle_, pickle_.name(object), state);
  if (!handle) return;
  kept = {Kind::handle, 0, *handle};
  if (state.kind == Kind::dict) {
    Pickle::Node& contents = nodes[static_cast<std::size_t>(state.number)];
    memory_ -= contents.size() * sizeof(Value);
    Pickle::Node().swap(contents);
  }
}

void PickleMachine::op_persistent_line() {
  push_slice(Kind::text, take_line());
  op_persistent();
}
void PickleMachine::op_persistent() {
  const Value id = pop();
  if (failure_) return;
  push_node(Kind::persistent, {id});
  if (watcher_ != nullptr) watcher_->referred(pickle_, id);
}

void PickleMachine::op_put_line() {
  const auto index = parse_number<std::uint64_t>(as_text(take_line()));
  if (!index) return fail("is a pickle with an unreadable memo number");
  remember(*index);
}
void PickleMachine::op_put1() { remember(take_number<std::uint8_t>()); }
void PickleMachine::op_put4() { remember(take_number<std::uint32_t>()); }
void PickleMachine::op_memoize() { remember(memo_.size()); }
void PickleMachine::op_get_line() {
  const auto index = parse_number<std::uint64_t>(as_text(take_line()));
  if (!index) return fail("is a pickle with an unreadable memo number");
  recall(*index);
}
void PickleMachine::op_get1() { recall(take_number<std::uint8_t>()); }
void PickleMachine::op_get4() { recall(take_number<std::uint32_t>()); }

void PickleMachine::op_ext1() {
  take(1);
  push({Kind::opaque, 0, 0});
}
void PickleMachine::op_ext2() {
  take(2);
  push({Kind::opaque, 0, 0});
}
void PickleMachine::op_ext4() {
  take(4);
  push({Kind::opaque, 0, 0});
}

constexpr std::array<PickleMachine::Instruction, 66> PickleMachine::instructions{{
    {0x80, &PickleMachine::op_proto},
    {0x95, &PickleMachine::op_frame},
    {'(', &PickleMachine::op_mark},
    {'.', &PickleMachine::op_stop},
    {'0', &PickleMachine::op_pop},
    {'1', &PickleMachine::op_pop_mark},
    {'2', &PickleMachine::op_dup},
    {'N', &PickleMachine::op_none},
    {0x88, &PickleMachine::op_true},
    {0x89, &PickleMachine::op_false},
    {'I', &PickleMachine::op_int_text},
    {'L', &PickleMachine::op_long_text},
    {'J', &PickleMachine::op_int4},
    {'K', &PickleMachine::op_int1},
    {'M', &PickleMachine::op_int2},
    {0x8a, &PickleMachine::op_long1},
    {0x8b, &PickleMachine::op_long4},
    {'F', &PickleMachine::op_float_text},
    {'G', &PickleMachine::op_float},
    {'V', &PickleMachine::op_text_line},
    {0x8c, &PickleMachine::op_text1},
    {'X', &PickleMachine::op_text4},
    {0x8d, &PickleMachine::op_text8},
    {'S', &PickleMachine::op_string_line},
    {'U', &PickleMachine::op_string1},
    {'T', &PickleMachine::op_string4},
    {'C', &PickleMachine::op_bytes1},
    {'B', &PickleMachine::op_bytes4},
    {0x8e, &PickleMachine::op_bytes8},
    {0x96, &PickleMachine::op_bytes8},
    {']', &PickleMachine::op_empty_list},
    {')', &PickleMachine::op_empty_tuple},
    {'}', &PickleMachine::op_empty_dict},
    {0x8f, &PickleMachine::op_empty_set},
    {'l', &PickleMachine::op_list},
    {'t', &PickleMachine::op_tuple},
    {0x85, &PickleMachine::op_tuple1},
    {0x86, &PickleMachine::op_tuple2},
    {0x87, &PickleMachine::op_tuple3},
    {'d', &PickleMachine::op_dict},
    {0x91, &PickleMachine::op_frozen_set},
    {'a', &PickleMachine::op_append},
    {'e', &PickleMachine::op_appends},
    {0x90, &PickleMachine::op_appends},
    {'s', &PickleMachine::op_set_item},
    {'u', &PickleMachine::op_set_items},
    {'c', &PickleMachine::op_global},
    {0x93, &PickleMachine::op_stack_global},
    {'R', &PickleMachine::op_reduce},
    {0x81, &PickleMachine::op_reduce},
    {0x92, &PickleMachine::op_new_object_ex},
    {'i', &PickleMachine::op_inst},
    {'o', &PickleMachine::op_obj},
    {'b', &PickleMachine::op_build},
    {'P', &PickleMachine::op_persistent_line},
    {'Q', &PickleMachine::op_persistent},
    {'p', &PickleMachine::op_put_line},
    {'q', &PickleMachine::op_put1},
    {'r', &PickleMachine::op_put4},
    {0x94, &PickleMachine::op_memoize},
    {'g', &PickleMachine::op_get_line},
    {'h', &PickleMachine::op_get1},
    {'j', &PickleMachine::op_get4},
    {0x82, &PickleMachine::op_ext1},
    {0x83, &PickleMachine::op_ext2},
    {0x84, &PickleMachine::op_ext4},
}};

PickleMachine::Table PickleMachine::make_table() {
  Table table{};
  for (const Instruction& instruction : instructions)
    table[instruction.code] = instruction.step;
  return table;
}

}  // namespace holdfast::checkpoint
