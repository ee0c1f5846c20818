// SPDX-License-Identifier: Apache-2.0
// The machine behind Pickle::read(): a stack, a memo, and one small function per instruction. Every
// instruction takes at least one byte of input and makes at most one node, so time and memory are
// bounded by the input; the memory limit is for inputs that are large themselves.
#pragma once

#include "checkpoint/formats/pickle.hpp"

#include <array>
#include <string>
#include <unordered_map>

namespace holdfast::checkpoint {

class PickleMachine {
 public:
  PickleMachine(Bytes input, std::size_t start, PickleWatcher* watcher, const PickleLimits& limits);

  Result<Pickle> run();

 private:
  using Kind = Value::Kind;
  using Step = void (PickleMachine::*)();
  struct Instruction {
    unsigned char code;
    Step step;
  };
  static const std::array<Instruction, 66> instructions;
  using Table = std::array<Step, 256>;
  static Table make_table();

  // Input. After a failure these give empty answers; run() ends before the next instruction.
  Bytes take(std::uint64_t length);
  Bytes take_line();
  template <class Number>
  std::uint64_t take_number();
  void fail(std::string what);
  void refuse(std::string what);

  // Stack.
  void push(Value value);
  void push_slice(Kind kind, Bytes bytes);
  void push_node(Kind kind, Pickle::Node node);
  Value pop();
  Pickle::Node pop_to_mark();
  Pickle::Node* top_node();
  void append(Pickle::Node& node, std::span<const Value> values);
  void remember(std::uint64_t index);
  void recall(std::uint64_t index);
  void push_signed(Bytes bytes);  // little-endian
  void make_object(Value callee, Value arguments);
  void make_tuple(std::size_t size);

  // Instructions.
  void op_proto();
  void op_frame();
  void op_mark();
  void op_stop();
  void op_pop();
  void op_pop_mark();
  void op_dup();
  void op_none();
  void op_true();
  void op_false();
  void op_int_text();
  void op_long_text();
  void op_int4();
  void op_int1();
  void op_int2();
  void op_long1();
  void op_long4();
  void op_float_text();
  void op_float();
  void op_text_line();
  void op_text1();
  void op_text4();
  void op_text8();
  void op_string_line();
  void op_string1();
  void op_string4();
  void op_bytes1();
  void op_bytes4();
  void op_bytes8();
  void op_empty_list();
  void op_empty_tuple();
  void op_empty_dict();
  void op_empty_set();
  void op_list();
  void op_tuple();
  void op_tuple1();
  void op_tuple2();
  void op_tuple3();
  void op_dict();
  void op_frozen_set();
  void op_append();
  void op_appends();
  void op_set_item();
  void op_set_items();
  void op_global();
  void op_stack_global();
  void op_reduce();
  void op_new_object_ex();
  void op_inst();
  void op_obj();
  void op_build();
  void op_persistent_line();
  void op_persistent();
  void op_put_line();
  void op_put1();
  void op_put4();
  void op_get_line();
  void op_get1();
  void op_get4();
  void op_memoize();
  void op_ext1();
  void op_ext2();
  void op_ext4();

  Pickle pickle_;
  PickleWatcher* watcher_;
  PickleLimits limits_;
  std::size_t at_;
  std::size_t start_;
  std::vector<Value> stack_;
  std::vector<std::size_t> marks_;
  std::vector<Value> memo_;
  std::unordered_map<std::uint64_t, Value> far_memo_;  // indexes no pickler of Python's would use
  std::uint64_t memory_{};
  bool stopped_{};
  std::optional<Failure> failure_;
};

}  // namespace holdfast::checkpoint
