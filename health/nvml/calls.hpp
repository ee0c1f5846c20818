// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "abi.hpp"
#include "holdfast/common/result.hpp"

#include <string>

namespace holdfast::health::nvml {

template <class... Arguments>
using Call = Return (*)(Arguments...);

using CountCall = Call<Device, unsigned*>;
using PairCall = Call<Device, unsigned*, unsigned*>;
using TextCall = Call<Device, char*, unsigned>;

/// Every function of NVML that is called here. One that the installed library lacks is null, which
/// reads as "not supported": old libraries lack new functions, new ones drop old ones.
struct Calls {
  Call<> init{}, shutdown{};
  Call<char*, unsigned> driver_version{};
  Call<int*> cuda_version{};
  Call<unsigned*> count{};
  Call<unsigned, Device*> by_index{};

  TextCall name{}, uuid{}, serial{}, vbios{}, inforom{};
  Call<Device, char*> gsp_firmware{};
  Call<Device, PciInfo*> pci{};
  Call<Device> validate_inforom{};

  PairCall ecc_mode{}, mig_mode{};
  CountCall persistence{}, compute_mode{}, performance_state{};
  Call<Device, unsigned, unsigned*> application_clock{}, highest_clock{};
  CountCall power_limit{}, power_limit_default{}, power{};
  Call<Device, Utilization*> utilization{};

  Call<Device, unsigned, unsigned, unsigned long long*> ecc_errors{};
  Call<Device, SramErrors*> sram_errors{};
  Call<Device, unsigned*, unsigned*, unsigned*, unsigned*> remapped_rows{};
  Call<Device, RowRemapperHistogram*> remapper_histogram{};
  Call<Device, unsigned, unsigned*, unsigned long long*> retired_pages{};
  CountCall retired_pending{};
  Call<Device, UnrepairableMemory*> unrepairable_memory{};
  Call<Device, MemoryV2*> memory_v2{};
  Call<Device, Memory*> memory{};
  Call<Device, Bar1Memory*> bar1{};
  Call<Device, unsigned*, Process*> compute_processes{}, graphics_processes{};

  CountCall pcie_width{}, pcie_width_most{}, pcie_generation{}, pcie_generation_most{};
  CountCall pcie_replays{};
  Call<Device, unsigned, unsigned*> nvlink_state{};
  Call<Device, unsigned, unsigned, unsigned long long*> nvlink_errors{};
  Call<Device, FabricInfoV3*> fabric_versioned{};
  Call<Device, FabricInfo*> fabric{};
  Call<Device, int, FieldValue*> fields{};

  Call<Device, unsigned long long*> clock_events{};
  Call<Device, Temperature*> temperature_versioned{};
  Call<Device, unsigned, unsigned*> temperature{}, temperature_threshold{};
  Call<Device, MarginTemperature*> temperature_margin{};
};

/// Opens the library and looks the functions up. It stays open: NVML has threads and exit handlers
/// of its own, and unloading it under them ends the process.
[[nodiscard]] Result<Calls> open_nvml(const std::string& library);

}  // namespace holdfast::health::nvml
