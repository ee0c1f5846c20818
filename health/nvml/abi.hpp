// SPDX-License-Identifier: Apache-2.0
// The part of NVML's binary interface that is used here, in our own words. NVML promises that a
// symbol keeps its arguments for ever (a change makes a new symbol, _v2) and that a structure with
// a version keeps its layout for that version. tests/health/nvml/abi_test.cpp compares all of it
// with the vendor's header where that is installed.
#pragma once

#include <array>
#include <cstdint>

namespace holdfast::health::nvml {

/// A GPU, as the library hands it out.
using Device = struct DeviceHandle*;

/// What a call returns. Codes that are not named here are told by their number.
using Return = int;
namespace code {
inline constexpr Return success = 0;
inline constexpr Return uninitialized = 1;
inline constexpr Return invalid_argument = 2;
inline constexpr Return not_supported = 3;
inline constexpr Return no_permission = 4;
inline constexpr Return not_found = 6;
inline constexpr Return insufficient_size = 7;
inline constexpr Return insufficient_power = 8;
inline constexpr Return driver_not_loaded = 9;
inline constexpr Return timeout = 10;
inline constexpr Return interrupt_trouble = 11;
inline constexpr Return library_not_found = 12;
inline constexpr Return function_not_found = 13;
inline constexpr Return corrupted_inforom = 14;
inline constexpr Return gpu_is_lost = 15;
inline constexpr Return reset_required = 16;
inline constexpr Return operating_system = 17;
inline constexpr Return version_mismatch = 18;
inline constexpr Return no_data = 21;
inline constexpr Return argument_version_mismatch = 25;
inline constexpr Return deprecated = 26;
inline constexpr Return unknown = 999;
}  // namespace code

/// Versioned structures begin with their size and version in one number.
template <class Structure>
constexpr unsigned versioned(unsigned version) {
  return static_cast<unsigned>(sizeof(Structure)) | (version << 24U);
}

struct PciInfo {
  std::array<char, 16> bus_id_legacy{};
  unsigned domain{}, bus{}, device{};
  unsigned device_id{};  ///< device in the upper, vendor in the lower half
  unsigned subsystem_id{};
  std::array<char, 32> bus_id{};  ///< "00000000:18:00.0"
};

struct Memory {
  unsigned long long total{}, free{}, used{};  ///< used with what the driver reserves
};

struct MemoryV2 {
  unsigned version{};
  unsigned long long total{}, reserved{}, free{}, used{};  ///< used without the reserved part
};

struct Bar1Memory {
  unsigned long long total{}, free{}, used{};
};

struct SramErrors {
  unsigned version{};
  unsigned long long aggregate_parity{}, aggregate_double{}, aggregate_corrected{};
  unsigned long long volatile_parity{}, volatile_double{}, volatile_corrected{};
  unsigned long long l2{}, sm{}, pcie{}, micro_controller{}, other{};
  unsigned threshold_exceeded{};
};

struct RowRemapperHistogram {
  unsigned max{}, high{}, partial{}, low{}, none{};  ///< banks by what spares they have left
};

struct UnrepairableMemory {
  unsigned unrepairable{};
};

struct Temperature {
  unsigned version{};
  unsigned sensor{};
  int degrees{};
};

struct MarginTemperature {
  unsigned version{};
  int margin{};
};

struct Utilization {
  unsigned gpu{}, memory{};
};

struct Process {
  unsigned pid{};
  unsigned long long memory_bytes{};
  unsigned gpu_instance{}, compute_instance{};
};
inline constexpr unsigned long long memory_unknown = ~0ULL;

union Value {
  double real;
  unsigned natural;
  unsigned long natural_long;
  unsigned long long natural_wide;
  long long integer_wide;
  int integer;
  unsigned short natural_short;
};

enum class ValueType : unsigned {
  real = 0,
  natural = 1,
  natural_long = 2,
  natural_wide = 3,
  integer_wide = 4,
  integer = 5,
  natural_short = 6,
};

struct FieldValue {
  unsigned field{};
  unsigned scope{};  ///< of a field of NVLink or C2C: which link
  long long at_us{};
  long long latency_us{};
  ValueType type{ValueType::real};
  Return result{};
  Value value{};
};

namespace field {
inline constexpr unsigned memory_temperature = 82;
inline constexpr unsigned nvlink_count = 91;
inline constexpr unsigned pcie_rollovers = 95;
inline constexpr unsigned remapped_correctable = 142;
inline constexpr unsigned remapped_uncorrectable = 143;
inline constexpr unsigned remap_pending = 144;
inline constexpr unsigned remap_failed = 145;
inline constexpr unsigned nvlink_speed = 164;
inline constexpr unsigned c2c_count = 170;
inline constexpr unsigned c2c_state = 171;  ///< 1 when active
inline constexpr unsigned pcie_fatal = 180;
inline constexpr unsigned nvlink_receive_errors = 208;
inline constexpr unsigned nvlink_recoveries = 215;
inline constexpr unsigned recovery_action = 230;
}  // namespace field

inline constexpr unsigned most_nvlinks = 36;
inline constexpr unsigned most_c2c_links = 64;  ///< ours: NVML names no number

/// Registration with the NVSwitch fabric, before the structure had a version.
struct FabricInfo {
  std::array<unsigned char, 16> cluster{};
  Return status{};
  unsigned clique{};
  unsigned char state{};
};

struct FabricInfoV2 {
  unsigned version{};
  std::array<unsigned char, 16> cluster{};
  Return status{};
  unsigned clique{};
  unsigned char state{};
  unsigned health{};
};

struct FabricInfoV3 {
  unsigned version{};
  std::array<unsigned char, 16> cluster{};
  Return status{};
  unsigned clique{};
  unsigned char state{};
  unsigned health{};
  unsigned char summary{};
};

namespace choice {
inline constexpr unsigned corrected = 0;  ///< memory error type
inline constexpr unsigned uncorrected = 1;
inline constexpr unsigned since_reset = 0;  ///< ECC counter type: volatile
inline constexpr unsigned for_life = 1;     ///< aggregate
inline constexpr unsigned single_bit = 0;   ///< cause of a page's retirement
inline constexpr unsigned double_bit = 1;
inline constexpr unsigned graphics_clock = 0;
inline constexpr unsigned gpu_sensor = 0;
inline constexpr unsigned shutdown = 0;  ///< temperature threshold
inline constexpr unsigned slowdown = 1;
inline constexpr unsigned replays = 0;  ///< NVLink error counter
inline constexpr unsigned recoveries = 1;
inline constexpr unsigned crc_flit = 2;
inline constexpr unsigned crc_data = 3;
}  // namespace choice

}  // namespace holdfast::health::nvml
